/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_REPO_INTERNAL_H
#define TG_REPO_INTERNAL_H

#include <git2.h>

#include "repo/repo.h"

/* The functions of libgit2 that are used; see git2.c for the order. */
struct git2 {
	__typeof__(git_libgit2_init) *libgit2_init;
	__typeof__(git_libgit2_shutdown) *libgit2_shutdown;
	__typeof__(git_error_last) *error_last;
	__typeof__(git_repository_open_ext) *repository_open_ext;
	__typeof__(git_repository_free) *repository_free;
	__typeof__(git_repository_workdir) *repository_workdir;
	__typeof__(git_repository_path) *repository_path;
	__typeof__(git_repository_is_shallow) *repository_is_shallow;
	__typeof__(git_repository_config_snapshot) *repository_config_snapshot;
	__typeof__(git_repository_index) *repository_index;
	__typeof__(git_config_get_string) *config_get_string;
	__typeof__(git_config_free) *config_free;
	__typeof__(git_revparse_single) *revparse_single;
	__typeof__(git_object_peel) *object_peel;
	__typeof__(git_object_id) *object_id;
	__typeof__(git_object_free) *object_free;
	__typeof__(git_merge_base) *merge_base;
	__typeof__(git_commit_lookup) *commit_lookup;
	__typeof__(git_commit_tree) *commit_tree;
	__typeof__(git_commit_free) *commit_free;
	__typeof__(git_tree_free) *tree_free;
	__typeof__(git_tree_entry_bypath) *tree_entry_bypath;
	__typeof__(git_tree_entry_id) *tree_entry_id;
	__typeof__(git_tree_entry_free) *tree_entry_free;
	__typeof__(git_diff_options_init) *diff_options_init;
	__typeof__(git_diff_tree_to_workdir_with_index)
		*diff_tree_to_workdir_with_index;
	__typeof__(git_diff_num_deltas) *diff_num_deltas;
	__typeof__(git_diff_get_delta) *diff_get_delta;
	__typeof__(git_diff_free) *diff_free;
	__typeof__(git_index_entrycount) *index_entrycount;
	__typeof__(git_index_get_byindex) *index_get_byindex;
	__typeof__(git_index_get_bypath) *index_get_bypath;
	__typeof__(git_index_free) *index_free;
	__typeof__(git_blob_lookup) *blob_lookup;
	__typeof__(git_blob_rawcontent) *blob_rawcontent;
	__typeof__(git_blob_rawsize) *blob_rawsize;
	__typeof__(git_blob_filter) *blob_filter;
	__typeof__(git_blob_free) *blob_free;
	__typeof__(git_buf_dispose) *buf_dispose;
	__typeof__(git_attr_get) *attr_get;
	__typeof__(git_repository_odb) *repository_odb;
	__typeof__(git_odb_read_header) *odb_read_header;
	__typeof__(git_odb_free) *odb_free;
};

/* Loads libgit2. */
int git2_load(struct git2 *lib, struct err *err);

struct repo {
	struct git2 lib;
	bool begun;             /* the library is to be shut down */
	git_repository *git;
	git_index *files;
	char *root;             /* absolute, no links in it */
	struct str top;         /* of the working tree: root's beginning */
	struct str prefix;      /* root from there: "" or "a/b/"; in root */
	const char **links;     /* submodules, from the top; the index owns
	                         * them */
	size_t nlinks, links_cap;
	bool moved, staged;     /* see repo_moved */
};

/* A list of changes that grows. */
struct changes {
	struct arena *a;
	struct repo_change *v;
	size_t n, cap;
};

/* Adds a change; path is from the top of the working tree. old may be NULL. */
void changes_add(const struct repo *r, struct changes *c, const char *path,
	enum repo_how how, const git_oid *old);
/* An error of libgit2's last call, after what was tried (printf form). -1. */
int repo_fail(const struct repo *r, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Does a tracked file (from the top) hold what a checkout of a blob would write,
 * where a filter of another program's, as that of LFS, stands between? */
bool repo_is_same_filtered(struct repo *r, const git_oid *blob,
	const char *name);

/* Adds the tracked files that git's comparison with a tree would pass over,
 * though they are others than a checkout of it would write: where it does not
 * look (assume-unchanged, skip-worktree, or settings that make it trust less
 * than all of a file's times), and where line ends, idents or another program's
 * filters (LFS) stand between the two. */
int repo_add_unseen(struct repo *r, git_tree *tree, struct changes *c,
	struct err *err);

#endif
