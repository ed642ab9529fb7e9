/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/known/known.h"

#include <string.h>

#include "exec/argv.h"
#include "sched/known/options.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

/* A step whose command is looked at. */
struct look {
	const struct graph *g;
	const struct graph_step *st;
	struct buf out;         /* its only output */
	struct buf depfile, rspfile;    /* empty: none */
	struct argv rsp;        /* words of the response file */
	struct buf path;        /* scratch */
	unsigned known;         /* of what could be said so far */
	bool emptied;           /* the output was removed before it was made */
	bool made;              /* and made */
	bool compiles;
};

/* ---- names of files ---- */

static struct str
fold(struct look *l, struct str name)
{
	buf_clear(&l->path);
	buf_addstr(&l->path, name);
	l->path.n = path_fold(l->path.p, l->path.n);
	return buf_str(&l->path);
}

static bool
is_output(struct look *l, const char *name)
{
	return *name && str_eq(fold(l, str_of(name)), buf_str(&l->out));
}

/* Is it an input that decides, declared as such? */
static bool
is_input(struct look *l, const char *name)
{
	uint32_t node = graph_find(l->g, fold(l, str_of(name)));

	for (uint32_t i = 0; i < graph_nneeded(l->st); i++)
		if (graph_ids(l->g, l->st->ins)[i] == node)
			return true;
	return false;
}

static bool
has_end(struct str path, const char *const *ends, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_ends(path, ends[i]))
			return true;
	return false;
}

static bool
is_object(struct str path)
{
	static const char *const ends[] = { ".o", ".obj" };

	return has_end(path, ends, countof(ends));
}

static bool
is_archive(struct str path)
{
	static const char *const ends[] = { ".a", ".lib" };

	return has_end(path, ends, countof(ends));
}

static bool
is_source(struct str path)
{
	static const char *const ends[] = {
		".c", ".cc", ".cpp", ".cxx", ".c++", ".C", ".i", ".ii", ".m",
		".mm", ".s", ".S",
	};

	return has_end(path, ends, countof(ends));
}

/* libx.so.1.2 as well. */
static bool
is_shared(struct str path)
{
	static const char *const ends[] = { ".so", ".dylib", ".tbd", ".dll" };
	struct str name = path_base(path);

	if (has_end(name, ends, countof(ends)))
		return true;
	for (size_t i = 0; i + 4 <= name.n; i++)
		if (memcmp(name.p + i, ".so.", 4) == 0)
			return true;
	return false;
}

/* ---- compilers, and linking by them ---- */

/* A program that runs with a shared library stands for that, too: its own
 * content may be as it was. */
static void
stands_for_others(struct look *l)
{
	l->known &= ~(unsigned)KNOWN_CONTENT;
}

/* It is made of something that no input names. */
static void
reads_more(struct look *l)
{
	l->known &= ~(unsigned)KNOWN_FILES;
}

static bool
link_file(struct look *l, const char *word)
{
	struct str path = str_of(word);

	if (!is_input(l, word))
		reads_more(l);
	if (is_shared(path))
		stands_for_others(l);
	else if (is_source(path) && !(l->st->flags &
	         (STEP_DEPFILE | STEP_DEPS_GCC)))
		reads_more(l);
	else if (!is_object(path) && !is_archive(path) && !is_source(path))
		return false;
	return true;
}

/* An option of the linker's that names a file to read; *file: NULL, the next
 * word. */
static bool
linker_file(const char *word, const char **file)
{
	static const char *const names[] = {
		"--version-script", "--dynamic-list",
	};

	for (size_t i = 0; i < countof(names); i++) {
		size_t n = strlen(names[i]);

		if (strncmp(word, names[i], n) == 0 &&
		    (word[n] == '=' || !word[n])) {
			*file = word[n] ? word + n + 1 : NULL;
			return true;
		}
	}
	return false;
}

/* -Wl,LIST or -Xlinker WORD, one at a time; *next: what the last one wants to
 * follow it. */
enum wants { WANTS_NOTHING, WANTS_ARGUMENT, WANTS_FILE };

static bool
linker_word(struct look *l, const char *word, enum wants *next)
{
	static const char dep[] = "--dependency-file=";
	const char *file;

	if (*next != WANTS_NOTHING) {
		if (*next == WANTS_FILE && !is_input(l, word))
			reads_more(l);
		*next = WANTS_NOTHING;
		return true;
	}
	if (strncmp(word, dep, strlen(dep)) == 0)
		return l->depfile.n && str_eq(buf_str(&l->depfile),
			fold(l, str_of(word + strlen(dep))));
	if (linker_file(word, &file)) {
		if (!file)
			*next = WANTS_FILE;
		else if (!is_input(l, file))
			reads_more(l);
		return true;
	}
	switch (option_of_linker(word)) {
	case OPTION_ALONE:
		return true;
	case OPTION_ARGUMENT:
		*next = WANTS_ARGUMENT;
		return true;
	case OPTION_UNKNOWN:
		break;
	}
	return false;
}

static bool
linker_list(struct look *l, const char *list, enum wants *next)
{
	struct buf word = { 0 };
	bool ok = true;

	while (ok && *list) {
		size_t n = strcspn(list, ",");

		buf_clear(&word);
		buf_add(&word, list, n);
		ok = linker_word(l, word.p, next);
		list += n + (list[n] == ',');
	}
	buf_release(&word);
	return ok;
}

struct words {
	char **v;
	size_t n, at;
};

static const char *
next_of_words(struct words *w)
{
	return w->at < w->n ? w->v[w->at++] : NULL;
}

/* The argument of an option: joined to it, or the next word. */
static const char *
argument(struct words *w, const char *word, size_t n)
{
	return word[n] ? word + n : next_of_words(w);
}

static bool
link_word(struct look *l, struct words *w, const char *word, enum wants *next)
{
	const char *more;

	if (strncmp(word, "-Wl,", 4) == 0)
		return linker_list(l, word + 4, next);
	if (strcmp(word, "-Xlinker") == 0)
		return (more = next_of_words(w)) && linker_word(l, more, next);
	if (strncmp(word, "-l", 2) == 0) {
		more = argument(w, word, 2);
		if (more && !option_is_system_library(more))
			reads_more(l);
		return more;
	}
	switch (option_of_link(word)) {
	case OPTION_ALONE:
		return true;
	case OPTION_ARGUMENT:
		return next_of_words(w);
	case OPTION_UNKNOWN:
		break;
	}
	return word[0] != '-' && word[0] != '@' && link_file(l, word);
}

static bool
compile_word(struct words *w, const char *word)
{
	switch (option_of_compiler(word)) {
	case OPTION_ALONE:
		return true;
	case OPTION_ARGUMENT:
		return next_of_words(w);
	case OPTION_UNKNOWN:
		break;
	}
	return word[0] != '-' && word[0] != '@';
}

/* Words of a compiler, or of the response file that it is given. */
static bool
compiler_words(struct look *l, struct words *w, enum wants *next)
{
	const char *word, *more;
	bool ok = true;

	while (ok && (word = next_of_words(w))) {
		if (strncmp(word, "-o", 2) == 0) {
			more = argument(w, word, 2);
			ok = more && is_output(l, more);
			l->made = ok;
		} else if (strncmp(word, "-MF", 3) == 0) {
			more = argument(w, word, 3);
			ok = more && l->depfile.n && str_eq(
				fold(l, str_of(more)), buf_str(&l->depfile));
		} else if (strcmp(word, "-c") == 0) {
			continue;
		} else if (word[0] == '@') {
			struct words rsp = { l->rsp.v, l->rsp.n, 0 };

			ok = l->rspfile.n && str_eq(
				fold(l, str_of(word + 1)),
				buf_str(&l->rspfile)) && w->v != l->rsp.v &&
			     compiler_words(l, &rsp, next);
		} else if (l->compiles) {
			ok = compile_word(w, word);
		} else {
			ok = link_word(l, w, word, next);
		}
	}
	return ok;
}

static bool
words_have(const char *const *v, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

static bool
calls_compiler(struct look *l, struct words *w)
{
	enum wants next = WANTS_NOTHING;
	unsigned deps = STEP_DEPFILE | STEP_DEPS_GCC | STEP_DEPS_MSVC;

	l->compiles = words_have((const char *const *)w->v, w->n, "-c");
	if (l->compiles && !is_object(buf_str(&l->out)))
		return false;
	/* Otherwise nobody knows which headers it was made of. */
	if (l->compiles && !(l->st->flags & deps))
		reads_more(l);
	for (uint32_t i = 0; !l->compiles && i < graph_nneeded(l->st); i++)
		if (is_shared(graph_path(l->g, graph_ids(l->g, l->st->ins)[i])))
			stands_for_others(l);
	return compiler_words(l, w, &next) && next == WANTS_NOTHING;
}

/* ---- archives ---- */

/* Thin ones refer to their members. */
static bool
calls_archiver(struct look *l, struct words *w)
{
	const char *mode = next_of_words(w), *out = next_of_words(w), *member;

	if (!mode || !out || !is_output(l, out))
		return false;
	mode += *mode == '-';
	if (!strpbrk(mode, "rq") || mode[strspn(mode, "rqcsSuUDv")])
		return false;
	/* What was in it stays there. */
	if (!l->emptied)
		reads_more(l);
	while ((member = next_of_words(w))) {
		if (*member == '@' && l->rspfile.n && str_eq(
		    fold(l, str_of(member + 1)), buf_str(&l->rspfile))) {
			struct words rsp = { l->rsp.v, l->rsp.n, 0 };

			while ((member = next_of_words(&rsp)))
				if (!is_input(l, member))
					reads_more(l);
		} else if (*member == '@' || *member == '-') {
			return false;
		} else if (!is_input(l, member)) {
			reads_more(l);
		}
	}
	l->made = true;
	return true;
}

/* ---- one command after the other ---- */

/* Words that are all the output, but for options among these letters. */
static bool
only_output(struct look *l, struct words *w, const char *options)
{
	const char *word;
	bool seen = false;

	while ((word = next_of_words(w))) {
		if (*word == '-' && word[1]) {
			if (word[1 + strspn(word + 1, options)])
				return false;
		} else if (!is_output(l, word)) {
			return false;
		} else {
			seen = true;
		}
	}
	return seen;
}

static bool
removes(struct look *l, struct words *w)
{
	l->emptied = only_output(l, w, "rf");
	return l->emptied && !l->made;
}

static bool
calls_cmake(struct look *l, struct words *w)
{
	const char *e = next_of_words(w), *what = e ? next_of_words(w) : NULL;

	if (!what || strcmp(e, "-E") != 0)
		return false;
	if (strcmp(what, "rm") == 0 || strcmp(what, "remove") == 0)
		return removes(l, w);
	return strcmp(what, "touch") == 0 && only_output(l, w, "");
}

/* A name in PATH, or a program that no step makes. */
static const char *
program(struct words *w)
{
	const char *word = next_of_words(w), *slash;

	if (!word || (*word != '/' && strchr(word, '/')))
		return NULL;
	slash = strrchr(word, '/');
	return slash ? slash + 1 : word;
}

static bool
command(struct look *l, struct words *w)
{
	const char *name = program(w);

	if (!name)
		return false;
	if (strcmp(name, ":") == 0 || strcmp(name, "true") == 0)
		return !next_of_words(w);
	if (strcmp(name, "rm") == 0)
		return removes(l, w);
	if (strcmp(name, "cmake") == 0)
		return calls_cmake(l, w);
	if (option_is_launcher(name))
		name = program(w);
	if (!name)
		return false;
	if (option_is_compiler(name))
		return calls_compiler(l, w);
	if (option_is_archiver(name))
		return calls_archiver(l, w);
	if (strcmp(name, "strip") == 0)
		return l->made && only_output(l, w, "sSgdxX");
	return option_is_ranlib(name) && l->made && only_output(l, w, "D");
}

static bool
commands(struct look *l, struct str text)
{
	struct shell sh = { .rest = text };
	struct argv argv = { 0 };
	bool ok, more;

	do {
		ok = argv_command(&argv, &sh, &more);
		if (ok) {
			struct words w = { argv.v, argv.n, 0 };

			ok = command(l, &w);
		}
	} while (ok && more);
	argv_release(&argv);
	shell_release(&sh);
	return ok && l->made;
}

/* ---- a step ---- */

static void
binding(struct look *l, uint32_t step, uint32_t sym, struct buf *out)
{
	if (graph_binding(l->g, step, sym, GRAPH_RAW, out, NULL) == 1)
		out->n = path_fold(out->p, out->n);
}

static unsigned
by_command(const struct graph *g, uint32_t step)
{
	struct look l = {
		.g = g, .st = &g->steps.p[step],
		.known = KNOWN_CONTENT | KNOWN_FILES,
	};
	struct buf text = { 0 }, rsp = { 0 };
	bool ok;

	buf_addstr(&l.out, graph_path(g, graph_step_out(g, step)));
	binding(&l, step, SYM_DEPFILE, &l.depfile);
	binding(&l, step, SYM_RSPFILE, &l.rspfile);
	ok = graph_binding(g, step, SYM_COMMAND, GRAPH_SHELL, &text, NULL) == 1;
	if (ok && l.rspfile.n)
		ok = graph_binding(g, step, SYM_RSPFILE_CONTENT, GRAPH_SHELL,
		                   &rsp, NULL) >= 0 &&
		     argv_split(&l.rsp, buf_str(&rsp));
	ok = ok && commands(&l, buf_str(&text));
	buf_release(&text);
	buf_release(&rsp);
	buf_release(&l.out);
	buf_release(&l.depfile);
	buf_release(&l.rspfile);
	buf_release(&l.path);
	argv_release(&l.rsp);
	return ok ? l.known : 0;
}

unsigned
known_leaves(const struct graph *g, uint32_t step)
{
	const struct graph_step *st = &g->steps.p[step];

	if (st->flags & (STEP_TEST | STEP_CACHE))
		return KNOWN_CONTENT | KNOWN_FILES;
	if (st->nouts != 1 || st->flags & (STEP_GENERATOR | STEP_CONSOLE |
	    STEP_PHONY | STEP_DYNDEP))
		return 0;
	return by_command(g, step);
}
