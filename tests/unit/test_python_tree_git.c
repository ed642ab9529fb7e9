/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <git2.h>

#include "config.h"
#include "python/tree/discover.h"
#include "text/gitindex.h"
#include "tree.h"
#include "util/dynlib.h"
#include "util/mem.h"

/* What git ignores and tracks, by our reader and by libgit2: generated rules over
 * generated trees, and indexes of every version that libgit2 writes. Rules with
 * "!", and tabs at their end, libgit2 (1.5) reads otherwise than git: these are
 * compared with git itself, in tests/py/test_git_tree.py. */

struct git {
	__typeof__(git_libgit2_init) *libgit2_init;
	__typeof__(git_libgit2_shutdown) *libgit2_shutdown;
	__typeof__(git_repository_init) *repository_init;
	__typeof__(git_repository_index) *repository_index;
	__typeof__(git_repository_free) *repository_free;
	__typeof__(git_ignore_path_is_ignored) *ignore_path_is_ignored;
	__typeof__(git_index_add_bypath) *index_add_bypath;
	__typeof__(git_index_add) *index_add;
	__typeof__(git_index_get_bypath) *index_get_bypath;
	__typeof__(git_index_set_version) *index_set_version;
	__typeof__(git_index_write) *index_write;
	__typeof__(git_index_free) *index_free;
};

#define FUNCTION(name) { "git_" #name, offsetof(struct git, name) }

static void
load(struct git *git)
{
	static const struct dynlib_sym syms[] = {
		FUNCTION(libgit2_init), FUNCTION(libgit2_shutdown),
		FUNCTION(repository_init), FUNCTION(repository_index),
		FUNCTION(repository_free), FUNCTION(ignore_path_is_ignored),
		FUNCTION(index_add_bypath), FUNCTION(index_add),
		FUNCTION(index_get_bypath), FUNCTION(index_set_version),
		FUNCTION(index_write), FUNCTION(index_free),
	};

	assert_int_equal(dynlib_load(TG_LIB_GIT2, "git", syms, countof(syms),
	                             git, NULL), 0);
	git->libgit2_init();
}

static uint32_t
next(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* ---- ignored ---- */

static const char *const dirs[] = {
	"", "a/", "b/", "a/b/", "a/b/c/", "b/a/", "Src/", "a/x y/",
};
static const char *const names[] = {
	"a.py", "b.py", "A.py", "a.txt", "test_a.py", "c", "a", "[x].py",
	"#h.py", "!n.py", "sp .py", "tail ", "d\\.py", "\xc3\xa4.py", "ab.pyc",
	"x-y.py", "longer_name.py",
};

static void
add_pattern(uint32_t *seed, struct buf *out)
{
	static const char *const parts[] = {
		"a", "b", "c", "*", "*.py", "a.py", "?.py", "[ab].py", "a*",
		"[!a]*", "[^b].py", "**", "*.txt", "Src", "x y", "x\\ y",
		"[a-c]", "\\#h.py", "\\!n.py", "\\a.py", "[[]x].py", "test_*",
		"*y*", "??", "sp\\ .py", "tail\\ ", "d\\\\.py", "A.py",
		"*.p[y]", "[[:alpha:]].py", "\xc3\xa4.py", "longer_name.py",
		"*_name.py", "#h.py", "*.py[co]",
	};
	static const char *const ends[] = {
		"", "", "", "", "/", " ", "\r", "  ", "/ ",
	};
	unsigned n = 1 + next(seed, 3) * next(seed, 2);

	if (next(seed, 12) == 0)
		buf_adds(out, next(seed, 2) ? "# words" : "");
	if (next(seed, 5) == 0)
		buf_addc(out, '/');
	if (next(seed, 8) == 0)
		buf_adds(out, "**/");
	for (unsigned i = 0; i < n; i++)
		buf_addf(out, "%s%s", i ? "/" : "",
		         parts[next(seed, countof(parts))]);
	if (next(seed, 10) == 0)
		buf_adds(out, "/**");
	buf_addf(out, "%s\n", ends[next(seed, countof(ends))]);
}

static void
add_rules(uint32_t *seed, const struct tree *t, const char *name)
{
	struct buf text = { 0 };

	if (next(seed, 16) == 0)
		buf_adds(&text, "\xef\xbb\xbf");
	for (unsigned n = 1 + next(seed, 5); n > 0; n--)
		add_pattern(seed, &text);
	if (next(seed, 8) == 0)
		text.n--;               /* no newline at the end */
	tree_bytes(t, name, text.p, text.n);
	buf_release(&text);
}

static void
make_tree(uint32_t *seed, const struct tree *t)
{
	struct buf b = { 0 };

	for (size_t i = 0; i < countof(dirs); i++)
		for (size_t k = 0; k < countof(names); k++) {
			buf_clear(&b);
			buf_addf(&b, "%s%s", dirs[i], names[k]);
			/* a file is in the way of a directory */
			if (next(seed, 3) || names[k][1] == '\0')
				continue;
			tree_file(t, b.p, "");
		}
	add_rules(seed, t, ".gitignore");
	for (size_t i = 1; i < countof(dirs); i++) {
		buf_clear(&b);
		buf_addf(&b, "%s.gitignore", dirs[i]);
		if (next(seed, 4) == 0)
			add_rules(seed, t, b.p);
	}
	if (next(seed, 3) == 0)
		add_rules(seed, t, ".git/info/exclude");
	buf_release(&b);
}

static void
tell(const struct tree *t, const char *path, bool want)
{
	struct buf all = { 0 }, text = { 0 }, name = { 0 };

	for (size_t i = 0; i <= countof(dirs); i++) {
		buf_clear(&name);
		buf_clear(&text);
		buf_addf(&name, "%s/%s%s", t->root, i < countof(dirs) ? dirs[i]
		         : ".git/info/", i < countof(dirs) ? ".gitignore"
		         : "exclude");
		if (file_read(name.p, &text, NULL) == 1)
			buf_addf(&all, "%s:\n%s\n", name.p + strlen(t->root),
			         buf_str(&text).p);
	}
	fail_msg("'%s' should %sbe ignored by\n%s", path, want ? "" : "not ",
	         all.p);
}

static bool
is_ignored(const struct git *git, git_repository *repo, const char *path)
{
	int is = 0;

	assert_int_equal(git->ignore_path_is_ignored(&is, repo, path), 0);
	return is;
}

/* Every file of the tree: one that is not listed is ignored; others are marked
 * as libgit2 has it. Tracked ones are not ignored at all. */
static void
compare(const struct git *git, git_repository *repo, git_index *tracked,
	const struct tree *t)
{
	struct discovery d;
	struct buf b = { 0 }, abs = { 0 };

	assert_int_equal(discover(&d, t->root, NULL, 1, NULL), 0);
	for (size_t i = 0; i < countof(dirs); i++)
		for (size_t k = 0; k < countof(names); k++) {
			const struct disc_file *f;
			bool is, want;

			buf_clear(&b);
			buf_addf(&b, "%s%s", dirs[i], names[k]);
			if (access(tree_path(t, &abs, b.p), F_OK) < 0 ||
			    names[k][1] == '\0')
				continue;
			f = discover_find(&d, buf_str(&b));
			is = !f || f->flags & DISC_IGNORED;
			want = is_ignored(git, repo, b.p) && !(tracked &&
				git->index_get_bypath(tracked, b.p, 0));
			if (is != want)
				tell(t, b.p, want);
		}
	discover_release(&d);
	buf_release(&b);
	buf_release(&abs);
}

static void
what_is_ignored(void **state)
{
	const char *env = getenv("ROUNDS");
	unsigned rounds = env ? (unsigned)atoi(env) : 40;
	uint32_t seed = getenv("SEED") ? (uint32_t)atoi(getenv("SEED")) : 1;
	struct git git;

	(void)state;
	load(&git);
	for (unsigned i = 0; i < rounds; i++) {
		git_repository *repo;
		struct tree t;

		tree_make(&t);
		assert_int_equal(git.repository_init(&repo, t.root, 0), 0);
		make_tree(&seed, &t);
		compare(&git, repo, NULL, &t);
		git.repository_free(repo);
		tree_remove(&t);
	}
	git.libgit2_shutdown();
}

/* ---- tracked ---- */

static void
what_is_tracked_is_not_ignored(void **state)
{
	uint32_t seed = 5;
	struct git git;

	(void)state;
	load(&git);
	for (unsigned i = 0; i < 12; i++) {
		git_repository *repo;
		git_index *x;
		struct tree t;
		struct buf b = { 0 }, abs = { 0 };

		tree_make(&t);
		assert_int_equal(git.repository_init(&repo, t.root, 0), 0);
		make_tree(&seed, &t);
		assert_int_equal(git.repository_index(&x, repo), 0);
		for (size_t k = 0; k < countof(dirs) * countof(names); k++) {
			buf_clear(&b);
			buf_addf(&b, "%s%s", dirs[k / countof(names)],
			         names[k % countof(names)]);
			if (next(&seed, 3) == 0 &&
			    access(tree_path(&t, &abs, b.p), F_OK) == 0)
				git.index_add_bypath(x, b.p);
		}
		git.index_set_version(x, 2 + i % 3);
		assert_int_equal(git.index_write(x), 0);
		compare(&git, repo, x, &t);
		git.index_free(x);
		git.repository_free(repo);
		tree_remove(&t);
		buf_release(&b);
		buf_release(&abs);
	}
	git.libgit2_shutdown();
}

/* Paths of all lengths, with flags and without, as each version has them. */
static void
what_an_index_holds(void **state)
{
	uint32_t seed = 9;
	struct git git;

	(void)state;
	load(&git);
	for (unsigned version = 2; version <= 4; version++) {
		git_repository *repo;
		git_index *x;
		struct tree t;
		struct gitindex ours = { 0 };
		struct buf text = { 0 }, b = { 0 };
		struct strs { char *v[400]; } paths;
		const char *base;

		tree_make(&t);
		assert_int_equal(git.repository_init(&repo, t.root, 0), 0);
		assert_int_equal(git.repository_index(&x, repo), 0);
		tree_file(&t, "file", "text");
		assert_int_equal(git.index_add_bypath(x, "file"), 0);
		for (size_t i = 0; i < countof(paths.v); i++) {
			git_index_entry e = *git.index_get_bypath(x, "file", 0);
			size_t n = 1 + next(&seed, i % 50 ? 40 : 5000);

			buf_clear(&b);
			for (size_t k = 0; k < n; k++)
				buf_addc(&b, k && k + 1 < n &&
				         next(&seed, 6) == 0 &&
				         b.p[k - 1] != '/' ? '/'
				         : (char)('a' + next(&seed, 3)));
			buf_addf(&b, "%u", (unsigned)i);
			paths.v[i] = xstrdup(b.p);
			e.path = paths.v[i];
			if (version > 2 && next(&seed, 4) == 0)
				e.flags_extended |=
					GIT_INDEX_ENTRY_SKIP_WORKTREE;
			assert_int_equal(git.index_add(x, &e), 0);
		}
		assert_int_equal(git.index_set_version(x, version), 0);
		assert_int_equal(git.index_write(x), 0);
		assert_int_equal(file_read(tree_path(&t, &b, ".git/index"),
		                           &text, NULL), 1);
		assert_int_equal(text.p[7], version);
		assert_int_equal(gitindex_add(&ours, text.p, text.n, 20,
		                              &base), 1);
		gitindex_sort(&ours);
		for (size_t i = 0; i < countof(paths.v); i++) {
			struct str path = str_of(paths.v[i]);

			assert_int_equal(gitindex_has(&ours, path),
				git.index_get_bypath(x, path.p, 0) != NULL);
			free(paths.v[i]);
		}
		assert_true(gitindex_has(&ours, STR("file")));
		assert_null(base);
		gitindex_release(&ours);
		git.index_free(x);
		git.repository_free(repo);
		tree_remove(&t);
		buf_release(&text);
		buf_release(&b);
	}
	git.libgit2_shutdown();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_ignored),
		cmocka_unit_test(what_is_tracked_is_not_ignored),
		cmocka_unit_test(what_an_index_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
