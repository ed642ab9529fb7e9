/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "session/targets/target_name.h"
#include "tool/internal.h"
#include "util/mem.h"

static const struct unit {
	char letter;
	unsigned shift;
} units[] = { { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 } };

static void
print_size(FILE *out, uint64_t n)
{
	size_t i = countof(units);

	while (i > 0 && n < (uint64_t)1 << units[i - 1].shift)
		i--;
	if (i == 0)
		fprintf(out, "%" PRIu64 " bytes", n);
	else
		fprintf(out, "%.1f %ciB",
			(double)n / (double)((uint64_t)1 << units[i - 1].shift),
			units[i - 1].letter);
}

/* "500M", "2GiB", "123456". */
static bool
parse_size(const char *text, uint64_t *n)
{
	unsigned long long value;
	unsigned shift = 0;
	size_t i;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || !isdigit((unsigned char)*text) || errno)
		return false;
	for (i = 0; i < countof(units); i++)
		if (toupper((unsigned char)*end) == units[i].letter)
			shift = units[i].shift;
	if (shift && (strcmp(end + 1, "iB") == 0 || strcmp(end + 1, "B") == 0))
		end += strlen(end);
	else if (shift)
		end++;
	*n = (uint64_t)value << shift;
	return *end == '\0' && *n >> shift == value;
}

static int
cache_stats(struct tool_env *env, int argc, char **argv,
	struct err *err)
{
	struct store_stats st = { 0 };

	(void)argv;
	if (argc > 1)
		return tool_usage(env, true);
	if (store_stats(env->s->store, &st, err) != 0)
		return tool_fail(env, err);
	fprintf(env->out, "results: %" PRIu64 "\nblobs:   %" PRIu64
		"\nsize:    ", st.actions, st.blobs);
	print_size(env->out, st.blob_bytes);
	fputs("\nlimit:   ", env->out);
	print_size(env->out, st.limit);
	fputc('\n', env->out);
	return EXIT_OK;
}

static int
shrink_cache(struct tool_env *env, int argc, char **argv,
	struct err *err)
{
	uint64_t limit = 0, freed = 0;

	if (argc > 2)
		return tool_usage(env, true);
	if (argc == 2 && (!parse_size(argv[1], &limit) || limit == 0))
		return tool_error(env, "'%s' is not a size such as 500M or "
			"2G", argv[1]);
	if (store_gc(env->s->store, limit, &freed, err) != 0)
		return tool_fail(env, err);
	print_size(env->out, freed);
	fputs(" freed\n", env->out);
	return EXIT_OK;
}

static int
verify_cache(struct tool_env *env, int argc, char **argv,
	struct err *err)
{
	uint64_t checked = 0, bad = 0;

	(void)argv;
	if (argc > 1)
		return tool_usage(env, true);
	if (store_verify(env->s->store, &checked, &bad, err) != 0)
		return tool_fail(env, err);
	fprintf(env->out, "%" PRIu64 " blobs checked, %" PRIu64
		" broken and removed\n", checked, bad);
	return bad ? EXIT_FAILED : EXIT_OK;
}

static int
clear_cache(struct tool_env *env, int argc, char **argv,
	struct err *err)
{

	(void)argv;
	if (argc > 1)
		return tool_usage(env, true);
	if (store_clear(env->s->store, err) != 0)
		return tool_fail(env, err);
	return EXIT_OK;
}

static int
cache_run(struct tool_env *env, int argc, char **argv, struct err *err)
{
	static const struct {
		const char *name;
		int (*run)(struct tool_env *env, int argc, char **argv,
	struct err *err);
	} commands[] = {
		{ "stats", cache_stats }, { "gc", shrink_cache },
		{ "verify", verify_cache }, { "clear", clear_cache },
	};
	const char *words[countof(commands)], *near;
	size_t i;

	if (argc < 2 || strcmp(argv[1], "-h") == 0)
		return tool_usage(env, argc < 2);
	if (!env->s->store)
		return tool_error(env, "there is no cache (see --cache)");
	for (i = 0; i < countof(commands); i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(env, argc - 1, argv + 1, err);
		words[i] = commands[i].name;
	}
	near = str_nearest(argv[1], words, countof(words));
	return tool_error(env, "unknown cache command '%s'%s%s%s", argv[1],
		near ? ", did you mean '" : "", near ? near : "",
		near ? "'?" : "");
}

const struct tool tool_cache = {
	.name = "cache",
	.summary = "show, shrink, check or empty the cache of results",
	.usage = "usage: %s -t cache stats | gc [SIZE] | verify | clear\n"
		"\n"
		"commands:\n"
		"  stats      how much there is\n"
		"  gc [SIZE]  remove what was not used for longest until at "
		"most SIZE is left (500M, 2G;\n"
		"             default: the cache's limit)\n"
		"  verify     read everything, remove what is broken\n"
		"  clear      remove everything\n",
	.needs = TOOL_STORE,
	.own = true,
	.run = cache_run,
};
