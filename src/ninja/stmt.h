/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_NINJA_STMT_H
#define TG_NINJA_STMT_H

#include <stddef.h>
#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

/* The statements of a ninja file, as the parser (parse.h) gives them, the
 * writer (write.h) prints them and the graph is built from them.
 *
 * Lifetime: a str is valid until the callback that got it returns. One that
 * lies inside a text given by load() lives as long as that text does; all
 * names and raw values do, and most paths. None need be NUL-terminated. */

/* name = value. In a rule the value is raw: the text after "= " up to the
 * newline with every $-escape still in it (ninja_eval expands it; its escapes
 * were checked). Everywhere else it is evaluated. */
struct ninja_var {
	struct str name, value;
};

#define NINJA_PHONY 0u          /* the id of the built-in rule */
#define NINJA_ROOT_SCOPE 0u

struct ninja_rule {
	uint32_t id;            /* 1, 2, 3 ... over all scopes */
	uint32_t scope;
	struct str name;
	const struct ninja_var *vars;   /* a later one of the same name wins */
	size_t nvars;
};

/* Paths are evaluated, not empty, and folded (path_fold). */
struct ninja_build {
	uint32_t rule, scope;
	const struct str *outs;
	size_t nouts;           /* all of them; the implicit ones are last */
	size_t nimplicit_outs;
	const struct str *ins;
	size_t nins;            /* all of them: explicit, implicit, order-only */
	size_t nimplicit, norder;
	const struct str *vals; /* validations */
	size_t nvals;
	const struct ninja_var *vars;   /* a later one of the same name wins */
	size_t nvars;
	uint32_t file;          /* as load() numbered it */
	uint32_t line;          /* of the word "build"; from 1 */
};

/* Every callback returns 0, or -1 with err set, which ends the parse: the
 * parser then adds the place and the source line to the message. Only load
 * is required; a NULL one is skipped. */
struct ninja_ops {
	/* A subninja begins. The root scope is not announced. */
	int (*scope)(void *ctx, uint32_t id, uint32_t parent, struct err *err);
	/* Every assignment outside of blocks; the last one of a name is what
	 * rules see, whenever their step came. */
	int (*variable)(void *ctx, uint32_t scope, struct str name,
		struct str value, struct err *err);
	/* depth 0: no limit. The pools "" and "console" are built in. */
	int (*pool)(void *ctx, struct str name, int depth, struct err *err);
	int (*rule)(void *ctx, const struct ninja_rule *rule, struct err *err);
	int (*build)(void *ctx, const struct ninja_build *build,
		struct err *err);
	/* One path of a default statement, evaluated and folded. */
	int (*defaults)(void *ctx, struct str path, struct err *err);
	/* Content of the first file and of each include and subninja, path
	 * being as written (evaluated). *text must stay in place until
	 * ninja_parse returns, text->p[text->n] must be a readable NUL.
	 * 1 done, 0 no such file, -1 error (the whole message, ninja's form
	 * being "loading 'F': REASON"). */
	int (*load)(void *ctx, struct str path, uint32_t *file,
		struct str *text, struct err *err);
	/* Something to tell the user, without prefix and newline. */
	void (*warn)(void *ctx, struct str message);
};

#endif
