/* SPDX-License-Identifier: Apache-2.0 */
#include "state/asked_index.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "text/gitindex.h"
#include "util/file.h"
#include "util/path.h"

struct digest
asked_index_digest(const char *path)
{
	struct buf text = { 0 };
	struct digest digest = digest_of("nothing", 7);

	if (file_read(path, &text, NULL) == 1)
		digest = gitindex_digest(text.p, text.n);
	buf_release(&text);
	return digest;
}

/* A repository's other working trees have a file that says where the rest is. */
static void
follow(struct buf *git, struct str dir)
{
	static const char says[] = "gitdir: ";
	struct buf text = { 0 };

	if (file_read(git->p, &text, NULL) == 1 &&
	    str_starts(buf_str(&text), says)) {
		while (text.n && strchr("\n\r", text.p[text.n - 1]))
			text.p[--text.n] = '\0';
		buf_clear(git);
		path_join(git, dir, str_of(text.p + sizeof(says) - 1));
	}
	buf_release(&text);
}

void
asked_index_find(struct asked_index *x, struct str dir)
{
	struct buf git = { 0 };
	struct stat st = { 0 };
	char *real;

	for (;; dir = path_dir(dir)) {
		buf_clear(&git);
		buf_addf(&git, "%.*s/.git", dir.n == 1 ? 0 : (int)dir.n, dir.p);
		if (stat(git.p, &st) == 0 || dir.n <= 1)
			break;
	}
	if (S_ISREG(st.st_mode))
		follow(&git, dir);
	buf_adds(&git, "/index");
	real = realpath(git.p, NULL);
	if (real) {
		buf_adds(&x->path, real);
		x->digest = asked_index_digest(real);
	}
	free(real);
	buf_release(&git);
}

void
asked_index_release(struct asked_index *x)
{
	buf_release(&x->path);
	*x = (struct asked_index){ 0 };
}
