/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "repo/repo.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "repo/internal.h"
#include "util/mem.h"
#include "util/path.h"

/* ---- opening ---- */

static int
cannot_open(const struct repo *r, int code, struct err *err)
{
	const git_error *last = r->lib.error_last();

	if (code == GIT_ENOTFOUND)
		return err_code(err, EXIT_USAGE, "%s is in no git repository, "
		                "so that it is not known what has changed; "
		                "name the files instead: tgraph -t affected "
		                "FILE...", r->root);
	if (last && last->message && strstr(last->message, "owned by"))
		return err_code(err, EXIT_ENV, "git: %s (git config --global "
		                "--add safe.directory DIRECTORY trusts it)",
		                last->message);
	return repo_fail(r, err, "open the repository of %s", r->root);
}

/* Split and sparse indexes are not for libgit2. */
static int
cannot_read_index(const struct repo *r, struct err *err)
{
	const git_error *last = r->lib.error_last();

	if (last && last->message && strstr(last->message, "extension"))
		return err_code(err, EXIT_ENV, "git: the index is split or "
		                "sparse, which libgit2 cannot read; git "
		                "update-index --no-split-index, or git "
		                "sparse-checkout reapply --no-sparse-index, "
		                "makes it a plain one");
	return repo_fail(r, err, "read the index");
}

/* Where the root lies in the working tree. */
static int
find_prefix(struct repo *r, struct err *err)
{
	const char *dir = r->lib.repository_workdir(r->git);
	char *top = dir ? realpath(dir, NULL) : NULL;
	struct str root = str_of(r->root);
	size_t n = top ? strlen(top) : 0;
	bool below = top && path_below(root, str_of(top));

	free(top);
	if (!below)
		return err_code(err, EXIT_USAGE, "%s is in no working tree of "
		                "a git repository, so that it is not known "
		                "what has changed", r->root);
	r->top = (struct str){ r->root, n };
	n += n > 1 && root.n > n;
	r->prefix = (struct str){ root.p + n, root.n - n };
	return 0;
}

static void
find_links(struct repo *r)
{
	size_t n = r->lib.index_entrycount(r->files);

	for (size_t i = 0; i < n; i++) {
		const git_index_entry *e = r->lib.index_get_byindex(r->files,
			i);

		if (e->mode != GIT_FILEMODE_COMMIT)
			continue;
		r->links = vec_grow(r->links, &r->links_cap, r->nlinks + 1,
		                    sizeof(*r->links));
		r->links[r->nlinks++] = e->path;
	}
}

int
repo_open(struct repo **out, const char *root, struct err *err)
{
	struct repo *r = xcalloc(1, sizeof(*r));
	int code;

	if (git2_load(&r->lib, err) < 0)
		goto fail;
	r->lib.libgit2_init();
	r->begun = true;
	r->root = realpath(root, NULL);
	if (!r->root)
		r->root = xstrdup(root);
	code = r->lib.repository_open_ext(&r->git, r->root, 0, NULL);
	if (code < 0) {
		cannot_open(r, code, err);
		goto fail;
	}
	if (find_prefix(r, err) < 0)
		goto fail;
	if (r->lib.repository_index(&r->files, r->git) < 0) {
		cannot_read_index(r, err);
		goto fail;
	}
	find_links(r);
	*out = r;
	return 0;
fail:
	repo_free(r);
	return -1;
}

void
repo_free(struct repo *r)
{
	if (!r)
		return;
	free(r->links);
	if (r->files)
		r->lib.index_free(r->files);
	if (r->git)
		r->lib.repository_free(r->git);
	if (r->begun)
		r->lib.libgit2_shutdown();
	free(r->root);
	free(r);
}

struct str
repo_top(const struct repo *r)
{
	return r->top;
}

/* ---- revisions ---- */

static const char deepen[] = "this clone is shallow; get what is missing with "
	"git fetch --unshallow (in GitHub Actions: fetch-depth: 0)";

static int
no_revision(const struct repo *r, const char *rev, int code, struct err *err)
{
	const char *slash = strchr(rev, '/');

	if (code == GIT_EAMBIGUOUS)
		return err_code(err, EXIT_USAGE, "'%s' may mean several "
		                "revisions: write more of it", rev);
	if (code == GIT_EINVALIDSPEC)
		return err_code(err, EXIT_USAGE, "'%s' is no name of a "
		                "revision", rev);
	if (code != GIT_ENOTFOUND)
		return repo_fail(r, err, "find '%s'", rev);
	if (r->lib.repository_is_shallow(r->git))
		return err_code(err, EXIT_USAGE, "unknown revision '%s': %s",
		                rev, deepen);
	if (str_starts(str_of(rev), "origin/"))
		return err_code(err, EXIT_USAGE, "unknown revision '%s' (git "
		                "fetch origin %s brings it)", rev, slash + 1);
	return err_code(err, EXIT_USAGE, "unknown revision '%s' (git branch -a "
	                "and git tag list what there is)", rev);
}

static int
find_commit(struct repo *r, const char *rev, git_oid *out, struct err *err)
{
	git_object *found = NULL, *commit = NULL;
	int code = r->lib.revparse_single(&found, r->git, rev);

	if (code < 0)
		return no_revision(r, rev, code, err);
	code = r->lib.object_peel(&commit, found, GIT_OBJECT_COMMIT);
	r->lib.object_free(found);
	if (code < 0)
		return err_code(err, EXIT_USAGE, "'%s' is no commit", rev);
	*out = *r->lib.object_id(commit);
	r->lib.object_free(commit);
	return 0;
}

/* The commit where HEAD and another parted. */
static int
find_base(struct repo *r, const char *rev, git_oid *out, struct err *err)
{
	git_oid head, other;
	struct err none = { 0 };
	int code;

	if (find_commit(r, rev, &other, err) < 0)
		return -1;
	r->moved = true;
	if (find_commit(r, "HEAD", &head, &none) < 0) {
		/* no commit on this branch yet */
		err_release(&none);
		*out = other;
		return 0;
	}
	code = r->lib.merge_base(out, r->git, &head, &other);
	if (code == 0) {
		r->moved = memcmp(out->id, head.id, sizeof(head.id)) != 0;
		return 0;
	}
	if (r->lib.repository_is_shallow(r->git))
		return err_code(err, EXIT_USAGE, "it is not known where '%s' "
		                "and HEAD parted: %s", rev, deepen);
	if (code != GIT_ENOTFOUND)
		return repo_fail(r, err, "find where '%s' and HEAD parted",
		                 rev);
	/* histories that have nothing in common */
	*out = other;
	return 0;
}

static int
find_tree(struct repo *r, const git_oid *id, git_tree **out, struct err *err)
{
	git_commit *commit = NULL;
	int code = r->lib.commit_lookup(&commit, r->git, id);

	if (code == 0)
		code = r->lib.commit_tree(out, commit);
	r->lib.commit_free(commit);
	if (code == 0)
		return 0;
	if (r->lib.repository_is_shallow(r->git))
		return err_code(err, EXIT_USAGE, "a commit's files are not "
		                "here: %s", deepen);
	return repo_fail(r, err, "read a commit's files");
}

/* ---- what has changed ---- */

/* Has the index this file otherwise than the tree, or only one of them? */
static bool
is_staged(const struct repo *r, const git_diff_delta *d)
{
	const git_index_entry *e = r->lib.index_get_bypath(r->files,
		d->old_file.path ? d->old_file.path : d->new_file.path, 0);

	return !e || e->mode != d->old_file.mode ||
	       memcmp(e->id.id, d->old_file.id.id, sizeof(e->id.id)) != 0;
}

static void
add_delta(struct repo *r, struct changes *c, const git_diff_delta *d)
{
	bool old = d->old_file.mode == GIT_FILEMODE_BLOB ||
	           d->old_file.mode == GIT_FILEMODE_BLOB_EXECUTABLE;
	enum repo_how how = REPO_MODIFIED;

	r->staged |= is_staged(r, d);
	/* libgit2 cannot run such filters, and takes what they write for a
	 * change */
	if (d->status == GIT_DELTA_MODIFIED && old &&
	    repo_is_same_filtered(r, &d->old_file.id, d->old_file.path))
		return;
	if (d->old_file.mode == GIT_FILEMODE_COMMIT ||
	    d->new_file.mode == GIT_FILEMODE_COMMIT)
		how = REPO_SUBMODULE;
	else if (d->status == GIT_DELTA_ADDED)
		how = REPO_ADDED;
	else if (d->status == GIT_DELTA_DELETED)
		how = REPO_DELETED;
	changes_add(r, c, d->old_file.path ? d->old_file.path
	                                   : d->new_file.path, how,
	            old ? &d->old_file.id : NULL);
	/* a link or a directory where there was a file, or the other way
	 * round */
	if (d->status == GIT_DELTA_TYPECHANGE) {
		changes_add(r, c, d->old_file.path, REPO_DELETED, NULL);
		changes_add(r, c, d->new_file.path, REPO_ADDED, NULL);
	}
}

static int
add_deltas(struct repo *r, git_tree *tree, struct changes *c, struct err *err)
{
	git_diff_options o;
	git_diff *diff = NULL;

	r->lib.diff_options_init(&o, GIT_DIFF_OPTIONS_VERSION);
	o.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_INCLUDE_UNREADABLE |
		GIT_DIFF_SKIP_BINARY_CHECK;
	o.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
	if (r->lib.diff_tree_to_workdir_with_index(&diff, r->git, tree, &o) < 0)
		return repo_fail(r, err, "compare the working tree");
	for (size_t i = 0; i < r->lib.diff_num_deltas(diff); i++) {
		const git_diff_delta *d = r->lib.diff_get_delta(diff, i);

		if (d->status != GIT_DELTA_UNMODIFIED &&
		    d->status != GIT_DELTA_UNTRACKED &&
		    d->status != GIT_DELTA_IGNORED)
			add_delta(r, c, d);
	}
	r->lib.diff_free(diff);
	return 0;
}

static int
cmp_change(const void *a, const void *b)
{
	const struct repo_change *x = a, *y = b;
	int r = str_cmp(x->path, y->path);

	return r ? r : (x->how > y->how) - (x->how < y->how);
}

/* Sorts the list, and moves it into the arena. */
static void
hand_over(struct changes *c, struct repo_change **out, size_t *n)
{
	*out = arena_alloc(c->a, (c->n + 1) * sizeof(**out));
	*n = c->n;
	if (c->n) {
		qsort(c->v, c->n, sizeof(*c->v), cmp_change);
		memcpy(*out, c->v, c->n * sizeof(**out));
	}
	free(c->v);
}

int
repo_since(struct repo *r, const char *rev, struct arena *a,
	struct repo_change **out, size_t *n, struct err *err)
{
	struct changes c = { .a = a };
	git_tree *tree = NULL;
	git_oid base;
	int ret;

	*out = NULL;
	*n = 0;
	if (find_base(r, rev, &base, err) < 0 ||
	    find_tree(r, &base, &tree, err) < 0)
		return -1;
	ret = add_deltas(r, tree, &c, err);
	if (ret == 0)
		ret = repo_add_unseen(r, tree, &c, err);
	r->lib.tree_free(tree);
	hand_over(&c, out, n);
	return ret;
}

void
repo_dangling(struct repo *r, struct arena *a, struct repo_change **out,
	size_t *n)
{
	size_t count = r->lib.index_entrycount(r->files);
	struct changes c = { .a = a };
	struct buf path = { 0 };

	for (size_t i = 0; i < count; i++) {
		const git_index_entry *e = r->lib.index_get_byindex(r->files,
			i);

		if (e->mode != GIT_FILEMODE_LINK)
			continue;
		buf_clear(&path);
		buf_addf(&path, "%.*s/%s", (int)r->top.n, r->top.p, e->path);
		if (access(path.p, F_OK) < 0)
			changes_add(r, &c, e->path, REPO_DELETED, NULL);
	}
	buf_release(&path);
	hand_over(&c, out, n);
}

bool
repo_moved(const struct repo *r)
{
	return r->moved;
}

bool
repo_staged(const struct repo *r)
{
	return r->staged;
}

bool
repo_tracks(struct repo *r, struct str path)
{
	struct buf b = { 0 };
	bool is;

	if (path.n && path.p[0] == '/') {
		if (!path_below(path, r->top) || path.n == r->top.n)
			return false;
		path.n -= r->top.n + 1;
		path.p += r->top.n + 1;
	} else {
		buf_addstr(&b, r->prefix);
		if (b.n)
			buf_addc(&b, '/');
	}
	buf_addstr(&b, path);
	is = r->lib.index_get_bypath(r->files, b.p, 0) != NULL;
	for (size_t i = 0; !is && i < r->nlinks; i++)
		is = path_below(buf_str(&b), str_of(r->links[i]));
	buf_release(&b);
	return is;
}

int
repo_old(struct repo *r, const struct repo_change *c, struct buf *out)
{
	git_blob *blob = NULL;
	git_oid id;

	buf_clear(out);
	if (!c->has_old)
		return 0;
	memset(&id, 0, sizeof(id));
	memcpy(id.id, c->old, sizeof(c->old));
	if (r->lib.blob_lookup(&blob, r->git, &id) < 0)
		return 0;
	buf_add(out, r->lib.blob_rawcontent(blob),
	        (size_t)r->lib.blob_rawsize(blob));
	r->lib.blob_free(blob);
	return 1;
}
