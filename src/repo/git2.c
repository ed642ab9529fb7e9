/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "repo/internal.h"
#include "util/dynlib.h"
#include "util/mem.h"

#define FUNCTION(name) DYNLIB_SYM(git_##name, offsetof(struct git2, name))

static const struct dynlib_sym syms[] = {
	FUNCTION(libgit2_init), FUNCTION(libgit2_shutdown),
	FUNCTION(error_last),
	FUNCTION(repository_open_ext), FUNCTION(repository_free),
	FUNCTION(repository_workdir), FUNCTION(repository_path),
	FUNCTION(repository_is_shallow),
	FUNCTION(repository_config_snapshot), FUNCTION(repository_index),
	FUNCTION(config_get_string), FUNCTION(config_free),
	FUNCTION(revparse_single),
	FUNCTION(object_peel), FUNCTION(object_id), FUNCTION(object_free),
	FUNCTION(merge_base),
	FUNCTION(commit_lookup), FUNCTION(commit_tree), FUNCTION(commit_free),
	FUNCTION(tree_free), FUNCTION(tree_entry_bypath),
	FUNCTION(tree_entry_id), FUNCTION(tree_entry_free),
	FUNCTION(diff_options_init), FUNCTION(diff_tree_to_workdir_with_index),
	FUNCTION(diff_num_deltas), FUNCTION(diff_get_delta),
	FUNCTION(diff_free),
	FUNCTION(index_entrycount), FUNCTION(index_get_byindex),
	FUNCTION(index_get_bypath), FUNCTION(index_free),
	FUNCTION(blob_lookup), FUNCTION(blob_rawcontent),
	FUNCTION(blob_rawsize), FUNCTION(blob_filter), FUNCTION(blob_free),
	FUNCTION(buf_dispose), FUNCTION(attr_get),
	FUNCTION(repository_odb), FUNCTION(odb_read_header),
	FUNCTION(odb_free),
};

_Static_assert(sizeof(syms) / sizeof(*syms) ==
	sizeof(struct git2) / sizeof(void *), "a function is missing");

int
git2_load(struct git2 *lib, struct err *err)
{
	return dynlib_load(TG_LIB_GIT2, "git", syms, countof(syms), lib, err);
}
