/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "repo/internal.h"
#include "util/digest.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

/* What git's comparison of a working tree passes over. */

static bool
is_configured(const struct repo *r, git_config *config, const char *name,
	const char *harmless)
{
	const char *value;

	return r->lib.config_get_string(&value, config, name) == 0 &&
	       (!harmless || strcmp(value, harmless) != 0);
}

static bool
dir_has(const char *dir, const char *name)
{
	struct buf b = { 0 };
	bool is;

	buf_addf(&b, "%s/%s", dir, name);
	is = access(b.p, F_OK) == 0;
	buf_release(&b);
	return is;
}

/* Attributes may say of files that they are filtered. */
static bool
has_attributes(struct repo *r)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
	size_t n = r->lib.index_entrycount(r->files);
	struct buf dir = { 0 };
	bool has = dir_has("/etc", "gitattributes") ||
		dir_has(r->lib.repository_path(r->git), "info/attributes");

	buf_addf(&dir, "%s%s", xdg ? xdg : home ? home : "",
	         xdg ? "/git" : "/.config/git");
	has = has || dir_has(dir.p, "attributes");
	buf_release(&dir);
	for (size_t i = 0; !has && i < n; i++)
		has = str_is(path_base(str_of(r->lib.index_get_byindex(
			r->files, i)->path)), ".gitattributes");
	/* one at the top that is not tracked (yet) counts too */
	return has || dir_has(r->lib.repository_workdir(r->git),
			      ".gitattributes");
}

/* Which files are to be looked at. */
enum look {
	LOOK_MARKED,            /* those that git was told not to look at */
	LOOK_FILTERED,          /* all; one of the blob's own size is the
	                         * same, as a filter that does not change the
	                         * size changes nothing */
	LOOK_ALL,
};

static int
must_look(struct repo *r, enum look *how, struct err *err)
{
	git_config *config = NULL;

	if (r->lib.repository_config_snapshot(&config, r->git) < 0)
		return repo_fail(r, err, "read the configuration");
	if (is_configured(r, config, "core.trustctime", "true") ||
	    is_configured(r, config, "core.checkstat", "default") ||
	    is_configured(r, config, "core.ignorestat", "false"))
		*how = LOOK_ALL;
	else if (is_configured(r, config, "core.autocrlf", "false") ||
	         is_configured(r, config, "core.eol", NULL) ||
	         is_configured(r, config, "core.attributesfile", NULL) ||
	         has_attributes(r))
		*how = LOOK_FILTERED;
	else
		*how = LOOK_MARKED;
	r->lib.config_free(config);
	return 0;
}

/* Is the file what a pointer of Git LFS names? */
static bool
is_lfs_content(const char *text, size_t n, const char *path)
{
	static const char oid[] = "oid sha256:";
	const char *at = n < 1024 ? memmem(text, n, oid, sizeof(oid) - 1)
	                          : NULL;
	struct digest want, is;

	if (!at || !str_starts((struct str){ text, n },
	    "version https://git-lfs"))
		return false;
	at += sizeof(oid) - 1;
	return (size_t)(text + n - at) >= DIGEST_HEX &&
	       digest_parse(&want, at, DIGEST_HEX) &&
	       digest_file(AT_FDCWD, path, &is, NULL, NULL) == 1 &&
	       digest_eq(&want, &is);
}

/* Does the file hold what a checkout would write? */
static bool
is_checkout(struct repo *r, git_blob *blob, const char *name, const char *path)
{
	const char *raw = r->lib.blob_rawcontent(blob), *filter = NULL;
	size_t n = (size_t)r->lib.blob_rawsize(blob);
	struct buf text = { 0 };
	git_buf out = { 0 };
	bool same = false;

	r->lib.attr_get(&filter, r->git, GIT_ATTR_CHECK_FILE_THEN_INDEX, name,
	                "filter");
	if (file_read(path, &text, NULL) != 1)
		return false;
	if (filter)
		same = (text.n == n && memcmp(buf_str(&text).p, raw, n) == 0) ||
		       is_lfs_content(raw, n, path);
	else if (r->lib.blob_filter(&out, blob, name, NULL) == 0)
		same = text.n == out.size &&
		       (!text.n || memcmp(text.p, out.ptr, text.n) == 0);
	r->lib.buf_dispose(&out);
	buf_release(&text);
	return same;
}

bool
repo_is_same_filtered(struct repo *r, const git_oid *id, const char *name)
{
	const char *filter = NULL;
	git_blob *blob = NULL;
	struct buf path = { 0 };
	bool same = false;

	if (r->lib.attr_get(&filter, r->git, GIT_ATTR_CHECK_FILE_THEN_INDEX,
	                    name, "filter") < 0 || !filter)
		return false;
	buf_addf(&path, "%s%s", r->lib.repository_workdir(r->git), name);
	if (r->lib.blob_lookup(&blob, r->git, id) == 0)
		same = is_checkout(r, blob, name, path.p);
	r->lib.blob_free(blob);
	buf_release(&path);
	return same;
}

/* Has the file the size of the blob, and no filter of another program's? */
static bool
has_its_size(struct repo *r, git_odb *odb, const git_oid *blob,
	const char *name, const char *path)
{
	const char *filter = NULL;
	git_object_t type;
	struct stat st;
	size_t n;

	return stat(path, &st) == 0 &&
	       r->lib.odb_read_header(&n, &type, odb, blob) == 0 &&
	       (size_t)st.st_size == n &&
	       r->lib.attr_get(&filter, r->git, GIT_ATTR_CHECK_FILE_THEN_INDEX,
	                       name, "filter") == 0 && !filter;
}

/* odb: the file's size is enough; NULL: it is not. */
static void
look_at_entry(struct repo *r, git_tree *tree, const git_index_entry *e,
	git_odb *odb, struct changes *c)
{
	git_tree_entry *was = NULL;
	git_blob *blob = NULL;
	struct buf path = { 0 };

	buf_addf(&path, "%s%s", r->lib.repository_workdir(r->git), e->path);
	/* what sparse checkouts leave out is not there */
	if (e->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE &&
	    access(path.p, F_OK) < 0)
		goto out;
	if (r->lib.tree_entry_bypath(&was, tree, e->path) < 0)
		goto out;       /* added since: it is told anyway */
	if (odb && has_its_size(r, odb, r->lib.tree_entry_id(was), e->path,
	                        path.p))
		goto out;
	if (r->lib.blob_lookup(&blob, r->git, r->lib.tree_entry_id(was)) < 0 ||
	    !is_checkout(r, blob, e->path, path.p))
		changes_add(r, c, e->path, REPO_MODIFIED,
		            r->lib.tree_entry_id(was));
out:
	r->lib.blob_free(blob);
	r->lib.tree_entry_free(was);
	buf_release(&path);
}

int
repo_add_unseen(struct repo *r, git_tree *tree, struct changes *c,
	struct err *err)
{
	size_t n = r->lib.index_entrycount(r->files);
	enum look how = LOOK_ALL;
	git_odb *odb = NULL;

	if (must_look(r, &how, err) < 0)
		return -1;
	if (r->lib.repository_odb(&odb, r->git) < 0)
		return repo_fail(r, err, "open the objects");
	for (size_t i = 0; i < n; i++) {
		const git_index_entry *e = r->lib.index_get_byindex(r->files,
			i);

		if (e->mode != GIT_FILEMODE_BLOB &&
		    e->mode != GIT_FILEMODE_BLOB_EXECUTABLE)
			continue;
		if (e->flags & GIT_INDEX_ENTRY_VALID ||
		    e->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE)
			look_at_entry(r, tree, e, NULL, c);
		else if (how != LOOK_MARKED)
			look_at_entry(r, tree, e,
			              how == LOOK_FILTERED ? odb : NULL, c);
	}
	r->lib.odb_free(odb);
	return 0;
}
