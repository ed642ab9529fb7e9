/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_SCAN_INTERNAL_H
#define TG_PYTHON_SCAN_INTERNAL_H

/* The scanner's own parts, shared by the files of this folder only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "python/lex/token.h"
#include "python/scan/scan.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/str.h"

/* More entries than this of one kind end the scan with an error. */
#define SCAN_MAX_ENTRIES (1u << 20)

/* What a name means when it is called or mentioned. */
enum known_call {
	KNOWN_NONE,
	KNOWN_IMPORT_MODULE,   /* import_module(name, package) */
	KNOWN_DUNDER_IMPORT,   /* __import__(name) */
	KNOWN_IMPORTORSKIP,
	KNOWN_NAMED,           /* f("a.b") imports a.b */
	KNOWN_NAMED_STRING,    /* f("a.b.c") imports a prefix of it */
	KNOWN_COMPUTED,        /* imports what cannot be known */
	KNOWN_EXEC,
	KNOWN_EVAL,
	KNOWN_PROCESS,
	KNOWN_MAIN,            /* pytest.main, unittest.main */
	KNOWN_TYPING,          /* typing.TYPE_CHECKING */
	KNOWN_RESOURCE,        /* f("a.b", ...) imports a.b, f(x, ...) does
	                            not import */
	KNOWN_PATCH,           /* f("a.b.c") or f(object) */
	KNOWN_PATCH_NAME,      /* f("a.b.c") only */
	KNOWN_SYS_PATH,
	KNOWN_FIXTURE_VALUE,   /* getfixturevalue("x") */
	KNOWN_GLOBALS,
	KNOWN_SCOPE,           /* vars(), locals() */
	KNOWN_SETATTR,
	KNOWN_TYPE,
	KNOWN_ALL,             /* __all__.extend and the like */
	KNOWN_CATCH,           /* ImportError or wider */
	KNOWN_SUPPRESS,        /* suppress, raises */
};

/* What this dotted name means; decided by its text alone. */
enum known_call known_call_of(struct str name);

struct symbol {
	struct str s;
	uint32_t hash;
	uint32_t seen;           /* owner that used it last */
	uint32_t constant;       /* position + 1 in assigns of its value as a
	                            module-level name; UINT32_MAX: several */
	uint32_t known;          /* enum known_call */
	uint32_t tells;          /* SCAN_PLACE, SCAN_PREFIX */
};

/* Texts, each once (unless somebody chose them so that they collide). */
struct intern {
	struct symbol *v;
	size_t n, cap;
	uint32_t *slots;         /* 0 free, else position + 1 */
	uint32_t mask;
};

/* The position of text, which must have 8 readable bytes behind it and live as
 * long as the table. *added: it is new; its known is not set then. */
uint32_t intern_put(struct intern *t, struct str text, bool *added);
void intern_release(struct intern *t);

/* A lexer and the token it stands on. A copy reads ahead. */
struct stream {
	struct lexer lexer;
	struct token tok;
};

static inline void
stream_next(struct stream *in)
{
	lexer_next(&in->lexer, &in->tok);
}

/* End of a simple statement? */
static inline bool
stream_ends(const struct stream *in)
{
	return in->tok.kind == TOK_NEWLINE || in->tok.kind == TOK_EOF ||
	       (in->tok.kind == TOK_OP && in->tok.op == ';' &&
		in->tok.depth == 0);
}

enum block_kind {
	BLOCK_MODULE, BLOCK_DEF, BLOCK_TRY, BLOCK_MATCH, BLOCK_OTHER,
};

enum if_kind { IF_OTHER, IF_TYPING, IF_NOT_TYPING };

struct block {
	enum block_kind kind;
	uint32_t owner;          /* innermost definition */
	uint32_t imports;        /* flags for imports in it */
	uint32_t defs;           /* flags for definitions in it */
	bool conditional;
	bool main;               /* under if __name__ == "__main__" */
	bool function;           /* innermost definition is a function */
	uint32_t from;           /* BLOCK_TRY: imports before it */
	/* of the statements in it: the last try's imports, the last if */
	uint32_t try_from, try_to;
	enum if_kind last_if;
};

struct scan_ref {
	uint32_t owner, sym;
};

struct scanner {
	struct stream in;
	struct arena *arena;
	struct scan out;         /* arrays from malloc until the end */
	size_t cap_imports, cap_names, cap_defs, cap_texts, cap_decos,
		cap_fixtures, cap_uses, cap_marks, cap_assigns;
	struct scan_ref *refs;
	size_t nrefs, cap_refs;
	struct str *all, *hooks;
	size_t nall, cap_all, nhooks, cap_hooks;
	struct intern syms, strings;
	struct buf text;         /* scratch */
	struct block blocks[LEXER_INDENTS + 4];
	uint32_t nblocks;
	uint32_t owner;          /* whom names used now count to */
	uint32_t last_line;      /* of the last logical line's end */
	int prev_op;             /* of the token before */
	bool caught, suppressed; /* KNOWN_CATCH, KNOWN_SUPPRESS met */
	bool typing_unsafe;      /* TYPE_CHECKING may be true */
	/* decorators met, waiting for their definition */
	uint32_t deco_at, deco_line;
	bool deco_pending;
	uint32_t known;       /* bits of enum known_call met */
	uint32_t tells;          /* of SCAN_PLACE and SCAN_PREFIX, what
	                            something may tell */
	bool path_call;          /* the statement adds to sys.path */
	uint64_t words[1024];    /* bits: those in strings, by hash */
	uint64_t filled[16];     /* bits: words[] that are not 0 */
	uint32_t nwords;         /* bits in words */
	uint32_t calls;          /* brackets opened at the depth of the
	                            expression */
};

/* scan_result.c */
void scan_next(struct scanner *s);
void scan_fail(struct scanner *s, const char *error);
/* Room for one more element: p, or its new place. */
void *scan_room(struct scanner *s, void *p, size_t *cap, size_t n,
	size_t size);
struct block *scan_top(struct scanner *s);
/* r, which ends where texts ends, with one more text. */
struct scan_range scan_add_text(struct scanner *s, struct scan_range r,
	struct str text);
void scan_use_fixture(struct scanner *s, uint32_t owner, struct str name);
void scan_add_mark(struct scanner *s, uint32_t owner, struct str name,
	struct str arg);
struct scan_import *scan_add_import(struct scanner *s, struct str module,
	uint32_t level, uint32_t flags, uint32_t line);
/* Dotted text of a string: IMPORT_STRING, once a text. */
void scan_add_string(struct scanner *s, struct str text, uint32_t line);

/* Notes that an imported name is not ASCII. */
void scan_check_ascii(struct scanner *s, struct str name);
/* Does importing this module let a file start other programs? */
bool scan_starts_processes(struct str module);
/* The text put together in s->text, in the arena, with the room behind it that
 * intern_put needs. */
struct str scan_keep(struct scanner *s);
/* Moves what was found to s->out in the arena; frees the rest. */
void scan_finish(struct scanner *s);

/* block.c */
/* What follows is in the block b; is in the one outside it again. */
void scan_push_block(struct scanner *s, const struct block *b);
void scan_pop_block(struct scanner *s);
/* From the : of a header on: opens the block b, or reads what stands on the
 * same line. */
void scan_suite(struct scanner *s, const struct block *b);

/* scan_simple.c */
/* One simple statement; stands on what ends it. */
void scan_simple(struct scanner *s);
/* Simple statements to the end of the line, which is passed. */
void scan_simple_line(struct scanner *s);

/* scan_def.c */
/* def or class, on that word; flags: DEF_CLASS, DEF_ASYNC. */
void scan_definition(struct scanner *s, uint32_t flags);
/* A decorator, on its @; waits for the definition. */
void scan_decorators(struct scanner *s);

/* scan_expr.c */
enum stop {
	STOP_COLON = 1u << 0,    /* : at the depth of the start */
	STOP_COMMA = 1u << 1,
	STOP_ASSIGN = 1u << 2,
};
/* Reads an expression, noting what it uses, to the end of the statement, a
 * closing bracket of a lower depth, or what stop says; stands on it then. */
void scan_expr(struct scanner *s, unsigned stop);
/* The name first, which has been passed, with what follows of it: `. b . c`,
 * space between the dots or not. */
struct str scan_dotted(struct scanner *s, struct str first);
/* The dotted name that begins with t (already passed), continued by what is
 * next; noted as used. Returns its text. */
struct str scan_chain(struct scanner *s, const struct token *t);
/* Notes what a string literal may name. */
void scan_string(struct scanner *s, const struct token *t);

/* scan_args.c: each moves or copies a stream that reads ahead */
/* What stands in the place of an argument. */
enum arg_kind {
	ARG_NONE,                /* no arguments */
	ARG_STRING,              /* a literal string: text */
	ARG_CONSTANT,            /* number, True, False, None: text */
	ARG_NAME,                /* a plain dotted name: text */
	ARG_OTHER,
};

struct arg {
	enum arg_kind kind;
	struct str text;
	struct token first;
};

/* a and b in one text, as scan_keep does. */
struct str scan_join(struct scanner *s, struct str a, struct str b);
/* Does in stand on what ends an argument? */
bool scan_ends_arg(const struct stream *in);
/* The argument in stands on; in moves over what was looked at, which is up to
 * the comma or bracket unless the kind is ARG_OTHER. */
struct arg scan_read_arg(struct scanner *s, struct stream *in);
/* Moves to the comma or bracket that ends the present argument. */
void scan_skip_arg(struct stream *in, uint32_t depth);
/* The keyword of the argument in stands on, passed with its =; n == 0: it is
 * positional. */
struct str scan_read_keyword(struct stream *in);
/* The first argument of the call s stands on, positional or by this keyword;
 * at is left behind it. */
struct arg scan_first_arg(struct scanner *s, struct stream *at,
	const char *keyword);
/* Every literal string from in on to the end of the statement or, if in
 * stands on (, to its ). True if there is nothing but them, brackets, commas
 * and plus signs. */
bool scan_literals(struct scanner *s, struct stream in,
	void (*put)(struct scanner *, struct str, uint32_t));
/* A name in __all__, for scan_literals. */
void scan_add_all(struct scanner *s, struct str name, uint32_t line);

/* scan_call.c */
/* Notes a call of something special; s stands on what follows its name. */
void scan_known_call(struct scanner *s, enum known_call what, struct str name);

/* place.c */
/* Does a dotted name tell where a file lies (SCAN_PLACE), or the interpreter
 * (SCAN_PREFIX)? */
uint32_t scan_tells_place(struct str name);
/* Does any in a text? */
uint32_t scan_text_tells_place(struct str text);
/* A name is used; s stands on what follows it. */
void scan_place_use(struct scanner *s, const struct symbol *sym);
/* Notes the words of a string of the source. */
void scan_place_words(struct scanner *s, struct str text);
/* Sets SCAN_PLACE, SCAN_PREFIX and out.words. All is known, and still in s. */
void scan_place(struct scanner *s);

/* scan_deco.c */
/* A decorator whose name was read; s stands on what follows it. */
void scan_decorator(struct scanner *s, struct str name, uint32_t line);
/* Settles fixtures and marks of decorators deco_at .. for definition d. */
void scan_decorated(struct scanner *s, uint32_t d);
/* Value of `name = ...` or `name += ...` at module or class level (owner)
 * where the name means something; s stands on the value. */
void scan_known_value(struct scanner *s, struct str name, uint32_t owner,
	bool plus);
#endif
