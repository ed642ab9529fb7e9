/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "python/matrix/matrix.h"
#include "tool/python/python.h"
#include "util/mem.h"

/* Is the row one of those that the words name: a package by name or directory,
 * a version? Notes which words named any. */
static bool
row_named(const struct session *s, const struct matrix_row *row, int argc,
	char **argv, bool *used)
{
	const struct package *p = &s->front.p.packages[row->package];
	bool by_package = false, is_package = false;
	bool by_version = false, is_version = false;

	for (int i = 1; i < argc; i++) {
		struct str word = str_of(argv[i]);
		int major, minor;
		bool threaded, hit;

		if (releases_version(word, &major, &minor, &threaded)) {
			hit = major == row->major && minor == row->minor &&
			      threaded == row->free_threaded;
			by_version = true;
			is_version |= hit;
		} else {
			hit = project_find(&s->front.p, word) == p;
			by_package = true;
			is_package |= hit;
		}
		used[i] |= hit;
	}
	return (!by_package || is_package) && (!by_version || is_version);
}

static void
print_row(const struct tool_env *env, const struct matrix_row *row)
{
	const struct front *f = &env->s->front;
	const struct package *p = &f->p.packages[row->package];
	const struct front_made *made = front_row_made(f, row);
	const char *why = front_row_skipped(f, row);

	if (front_row_unmade(f, row))
		why = NULL;
	fprintf(env->out, "%-24.*s %-8.*s %-8s %-40s %s%s\n", (int)p->name.n,
	        p->name.p, (int)row->version.n, row->version.p,
	        why ? "no" : "yes",
	        row->interp == SIZE_MAX ? "-" : f->in.v[row->interp].path.p,
	        why ? why : row->reason.n ? row->reason.p : "",
	        !made || why || !made->used ? "" : made->interp == SIZE_MAX ?
	        "; its environment is made first" :
	        made->with == ENVIRONMENT_UV ? "; made with uv" :
	        "; made with venv");
}

static int
py_matrix_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	struct session *s = env->s;
	const struct front *f = &s->front;
	bool *used = xcalloc((size_t)argc + 1, sizeof(*used));
	int r = EXIT_OK;

	fprintf(env->out, "%-24s %-8s %-8s %-40s %s\n", "package", "version",
	        "chosen", "interpreter", "why");
	for (size_t i = 0; i < f->matrix.n; i++)
		if (row_named(s, &f->matrix.rows[i], argc, argv, used))
			print_row(env, &f->matrix.rows[i]);
	for (int i = 1; i < argc && r == EXIT_OK; i++)
		if (!used[i])
			r = err_code(err, EXIT_USAGE, "-t matrix: '%s' is no "
			             "package or Python version here",
			             argv[i]);
	free(used);
	return r;
}

const struct tool tool_py_matrix = {
	.name = "matrix",
	.summary = "packages, Python versions, and why each runs or not",
	.usage = "usage: %s -t matrix [package | version ...]\n",
	.needs = TOOL_FRONT,
	.where = TOOL_PYTHON,
	.own = true,
	.run = py_matrix_run,
};
