/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_SCAN_SCAN_H
#define TG_PYTHON_SCAN_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/str.h"

/* What one Python source file says, found by reading its tokens once. Nothing
 * is executed and no other file is looked at. Where the text leaves a doubt, a
 * flag says so and the reader of the scan must take the larger set. */

/* Raised whenever the same source can give another scan; part of the test
 * index's header, so older records are dropped. */
#define SCAN_VERSION 8

/* "No definition": the module itself. */
#define SCAN_MODULE UINT32_MAX

/* Larger files are not read; they give SCAN_ERROR. */
#define SCAN_MAX_BYTES (64u << 20)

enum scan_flags {
	/* Tokens were not clean (or the file was unreadable, too large, in an
	 * encoding that is not read); what was found stands, but there may be
	 * more. SCAN_COMPUTED is set with it. */
	SCAN_ERROR = 1u << 0,
	/* Imports or runs source by a name that is known only when it runs:
	 * the closure is the whole workspace. */
	SCAN_COMPUTED = 1u << 1,
	/* Mentions sys.path or __path__ or what changes them (addsitedir,
	 * syspath_prepend, extend_path): names may lead to other places. */
	SCAN_SYS_PATH = 1u << 2,
	/* pytest_plugins is not a literal; SCAN_COMPUTED is set with it. */
	SCAN_PLUGINS_COMPUTED = 1u << 3,
	/* eval() of text that is not a literal (exec() of such text is
	 * SCAN_COMPUTED). */
	SCAN_EVAL = 1u << 4,
	/* Can start processes or other test runs: subprocess, os.system,
	 * pytester, pytest.main ...: what those import or read is not seen
	 * here. */
	SCAN_PROCESS = 1u << 5,
	/* A string literal ends in ".py" (also "*.py"): source is named by
	 * path. */
	SCAN_PY_PATH = 1u << 6,
	/* A top-level function load_tests. */
	SCAN_LOAD_TESTS = 1u << 7,
	/* A top-level function __getattr__. */
	SCAN_GETATTR = 1u << 8,
	/* May make tests when it runs: globals(), vars() or locals() written to,
	 * setattr on a class or module, type() with three arguments ... */
	SCAN_MAKES_NAMES = 1u << 9,
	/* Top-level `__test__ = False`. */
	SCAN_NOT_A_TEST = 1u << 10,
	/* Holds `from x import *`. */
	SCAN_STAR = 1u << 11,
	/* __all__ is not (only) a literal list. */
	SCAN_ALL_COMPUTED = 1u << 12,
	/* Has `__all__`; see scan.all. */
	SCAN_ALL = 1u << 13,
	/* An imported name is not ASCII; Python would normalise it (NFKC), the
	 * scan does not. SCAN_COMPUTED is set with it. */
	SCAN_NOT_ASCII = 1u << 14,
	/* May find out where it lies: mentions __file__, getcwd, resolve and
	 * the like (but to add to sys.path), or runs text. */
	SCAN_PLACE = 1u << 16,
	/* May find out where its interpreter lies: sys.prefix, sys.executable
	 * and the like, or runs text. */
	SCAN_PREFIX = 1u << 15,
};

enum scan_import_flags {
	IMPORT_LAZY = 1u << 0,          /* inside a function */
	IMPORT_CONDITIONAL = 1u << 1,   /* inside if, try, except, loop, match */
	IMPORT_OPTIONAL = 1u << 2,      /* its failure is caught: try with
	                                   except ImportError or wider, suppress,
	                                   importorskip, find_spec */
	IMPORT_TYPING = 1u << 3,        /* only under `if TYPE_CHECKING` or
	                                   `if False`: never happens when run */
	IMPORT_STAR = 1u << 4,          /* from x import * */
	IMPORT_FROM = 1u << 5,          /* `from` form: each name may be an
	                                   attribute or a submodule */
	IMPORT_DYNAMIC = 1u << 6,       /* import_module("a.b"), __import__("a"),
	                                   importorskip("a"), find_spec("a"),
	                                   resources.files("a") ... */
	IMPORT_STRING = 1u << 7,        /* dotted text in a string ("a.b.C",
	                                   "a.b:C", and what examples of doctest
	                                   import): means the longest prefix
	                                   that is a first-party module, nothing
	                                   if there is none. Each text once */
	IMPORT_PLUGIN = 1u << 8,        /* named by pytest_plugins */
};

/* Part of one of scan's arrays. */
struct scan_range {
	uint32_t at, n;
};

/* A name and the name it is bound to by `as` (as.n == 0: the same name). */
struct scan_name {
	struct str name, as;
};

/* `import a.b, c` gives one of these for each of a.b and c. */
struct scan_import {
	struct str module;       /* "a.b"; "" for `from . import x` */
	struct str as;           /* import a.b as X; n == 0: none */
	struct scan_range names; /* in scan.names: what `from` names; empty for
	                            `*` */
	uint32_t owner;          /* definition around it, or SCAN_MODULE */
	uint32_t line;
	uint32_t level;          /* leading dots */
	uint32_t flags;          /* enum scan_import_flags */
};

enum scan_def_flags {
	DEF_CLASS = 1u << 0,            /* else a function */
	DEF_ASYNC = 1u << 1,
	DEF_CONDITIONAL = 1u << 2,      /* inside if, try, with, loop, match: may
	                                   not exist */
	DEF_GENERATOR = 1u << 3,        /* holds yield */
	DEF_FIXTURE = 1u << 4,          /* in scan.fixtures too */
	DEF_PARAMETRIZED = 1u << 5,     /* ids with [..] known only when run */
	DEF_DYNAMIC = 1u << 6,          /* a decorator may make other tests of
	                                   it (parameterized.expand, ddt) or
	                                   hide it (an unknown decorator does not
	                                   set this) */
	DEF_STATIC = 1u << 7,           /* @staticmethod */
	DEF_CLASSMETHOD = 1u << 8,
	DEF_PROPERTY = 1u << 9,         /* property, cached_property */
	DEF_COMPUTED_BASE = 1u << 10,   /* a base is no dotted name (a call);
	                                   a subscript counts as its name */
	DEF_ABSTRACT = 1u << 11,        /* @abstractmethod */
	DEF_TYPING = 1u << 12,          /* only under `if TYPE_CHECKING` */
	DEF_METACLASS = 1u << 13,       /* class has metaclass= */
	DEF_LOCAL = 1u << 14,           /* somewhere inside a function */
};

/* A function or class, in order of its first line; what is inside comes
 * after it, so parent < own position. */
struct scan_def {
	struct str name;
	uint32_t parent;         /* position in scan.defs, or SCAN_MODULE */
	uint32_t flags;          /* enum scan_def_flags */
	uint32_t line;           /* of `def` or `class` */
	uint32_t first_line;     /* of the first decorator, else line */
	uint32_t end_line;       /* last line of the body that is not blank or
	                            comment */
	struct scan_range bases; /* in scan.texts: dotted names (class) */
	struct scan_range params;/* in scan.texts: in order, without stars;
	                            (function) */
	struct scan_range decos; /* in scan.decos: outermost first */
	struct scan_range refs;  /* in scan.refs */
};

struct scan_deco {
	struct str name;         /* dotted; "" if it is another expression */
	struct str arg;          /* source text of the first positional argument
	                            if it is a literal string (without quotes and
	                            prefix), number, None, True, False */
	uint32_t line;
	uint32_t called;         /* 1: it has an argument list */
};

enum scan_fixture_flags {
	FIXTURE_AUTOUSE = 1u << 0,      /* autouse=True, or not a literal */
	FIXTURE_PARAMS = 1u << 1,       /* params= */
	FIXTURE_COMPUTED = 1u << 2,     /* name= or scope= is not a literal */
};

struct scan_fixture {
	uint32_t def;            /* the function */
	uint32_t flags;          /* enum scan_fixture_flags */
	struct str name;         /* name= or the function's */
	struct str scope;        /* scope= or "function" */
};

/* A fixture asked for by name and not as a parameter: usefixtures("x") on a
 * definition or in pytestmark, request.getfixturevalue("x"). */
struct scan_use {
	uint32_t owner;          /* definition, or SCAN_MODULE */
	struct str fixture;
};

/* @pytest.mark.NAME on a definition, or in pytestmark of a module or class. */
struct scan_mark {
	uint32_t owner;          /* definition, or SCAN_MODULE */
	struct str name;
	struct str arg;          /* as scan_deco.arg */
};

enum scan_value {
	VALUE_OTHER,
	VALUE_FALSE,             /* False, None, 0 */
	VALUE_TRUE,              /* True, any other number */
	VALUE_STRING,            /* text: the string, as written */
	VALUE_NAME,              /* text: dotted name */
	VALUE_CALL,              /* text: dotted name of what is called */
};

/* NAME = value in a module or class body; also NAME.__test__ = value. */
struct scan_assign {
	struct str name;
	struct str text;         /* see enum scan_value */
	uint32_t owner;          /* class, or SCAN_MODULE */
	uint32_t value;          /* enum scan_value */
	uint32_t line;
	uint32_t conditional;    /* 1: inside if, try, loop ... */
};

/* All strings and arrays are in the arena (scan_source) or in the record and
 * the arena (record_decode). */
struct scan {
	uint32_t flags;          /* enum scan_flags */
	uint32_t error_line;     /* from 1; 0: none */
	struct str error;        /* message if SCAN_ERROR */
	uint32_t lines;          /* newlines in the file */

	struct scan_import *imports;    uint32_t nimports;
	struct scan_name *names;        uint32_t nnames;
	struct scan_def *defs;          uint32_t ndefs;
	struct str *texts;              uint32_t ntexts;
	struct scan_deco *decos;        uint32_t ndecos;
	struct scan_fixture *fixtures;  uint32_t nfixtures;
	struct scan_use *uses;          uint32_t nuses;
	struct scan_mark *marks;        uint32_t nmarks;
	struct scan_assign *assigns;    uint32_t nassigns;

	/* The words in string literals, as scan_has_words knows them: hashes of
	 * 16 bits, sorted, little-endian. */
	struct str words;

	/* In texts: names in a literal __all__; names of top-level functions
	 * that start with pytest_, and setUpModule, tearDownModule, load_tests,
	 * __getattr__, setup_module, teardown_module, setup_function,
	 * teardown_function. */
	struct scan_range all, hooks;

	/* Dotted names used, each text once, and for each definition (not
	 * counting those inside it) and the module the ones it uses, each once.
	 * A chain on something that has no name starts with a dot: f().x.y is
	 * "f" and ".x.y". Decorators, bases, defaults and annotations count to
	 * the definition they belong to. */
	struct str *syms;               uint32_t nsyms;
	uint32_t *refs;                 uint32_t nrefs;
	struct scan_range module_refs;
};

/* Scans n bytes of Python source; p is not used after it returns. Any bytes
 * will do: never fails, never recurses, time and memory linear in n. */
void scan_source(const char *p, size_t n, struct arena *a, struct scan *out);

/* Do the file's string literals have all words of this text (at least one; a
 * few times in a thousand also if they have not)? */
bool scan_has_words(const struct scan *s, struct str text);

/* A scan that stands for a file which could not be read: SCAN_ERROR,
 * SCAN_COMPUTED and the message, nothing else. */
void scan_unreadable(struct str message, struct arena *a, struct scan *out);

#endif
