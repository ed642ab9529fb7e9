/* SPDX-License-Identifier: Apache-2.0 */
#include "session/ours.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/digest.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/path.h"

static const char list_file[] = STATE_DIR "/own";

/* Directories: the word for one, and what is in it. */
static const struct {
	const char *word, *has[2];
} kinds[] = {
	[OURS_CACHE] = { "cache", { "cas", "ac" } },
	[OURS_HTML] = { "html", { "index.html", "status.json" } },
};

static bool
is_still(enum ours_kind kind, const char *path)
{
	struct buf b = { 0 };
	bool is = true;

	for (size_t i = 0; i < countof(kinds[kind].has) && is; i++) {
		buf_clear(&b);
		buf_addf(&b, "%s/%s", path, kinds[kind].has[i]);
		is = access(b.p, F_OK) == 0;
	}
	buf_release(&b);
	return is;
}

static bool
still_holds(struct str what, const char *path)
{
	struct digest was, is;

	for (size_t i = OURS_CACHE; i < countof(kinds); i++)
		if (str_is(what, kinds[i].word))
			return is_still((enum ours_kind)i, path);
	return digest_parse(&was, what.p, what.n) &&
	       digest_file(AT_FDCWD, path, &is, NULL, NULL) == 1 &&
	       digest_eq(&was, &is);
}

/* Takes the next entry off the list. */
static bool
next_entry(struct str *text, struct str *what, struct str *path)
{
	const char *nl = memchr(text->p, '\n', text->n), *space;

	if (!nl)
		return false;
	*path = (struct str){ text->p, (size_t)(nl - text->p) };
	text->p = nl + 1;
	text->n -= path->n + 1;
	space = memchr(path->p, ' ', path->n);
	if (!space)
		return false;
	*what = (struct str){ path->p, (size_t)(space - path->p) };
	path->n -= what->n + 1;
	path->p = space + 1;
	return true;
}

static void
note_ours(struct session *s, struct str path)
{
	strs_add(&s->ours, (struct str){ xmemdup0(path.p, path.n), path.n });
}

void
ours_load(struct session *s)
{
	struct buf b = { 0 };
	struct str text, what, path;

	if (file_read(list_file, &b, NULL) == 1) {
		text = buf_str(&b);
		while (next_entry(&text, &what, &path)) {
			char *p = xmemdup0(path.p, path.n);

			if (still_holds(what, p))
				note_ours(s, path);
			free(p);
		}
	}
	buf_release(&b);
}

int
ours_add(struct session *s, const char *path, enum ours_kind kind,
	struct err *err)
{
	char *abs = realpath(path, NULL), *root = realpath(".", NULL);
	struct str text, what, old, from = str_of(abs ? abs : "");
	struct buf b = { 0 }, out = { 0 };
	char hex[DIGEST_HEX + 1];
	struct digest d;
	int r = 0;

	if (!abs || !root || !path_below(from, str_of(root)) ||
	    from.n <= strlen(root))
		goto out;
	from.p += strlen(root) + 1;
	from.n -= strlen(root) + 1;
	if (state_owns(from) || memchr(from.p, '\n', from.n))
		goto out;
	/* a dry run where nothing ever ran: there is no result to spoil */
	if (access(STATE_DIR, F_OK) < 0)
		goto out;
	if (kind == OURS_FILE && digest_file(AT_FDCWD, abs, &d, NULL, NULL) != 1)
		goto out;
	if (kind == OURS_FILE)
		digest_hex(&d, hex);
	if (file_read(list_file, &b, NULL) == 1) {
		text = buf_str(&b);
		while (next_entry(&text, &what, &old))
			if (!str_eq(old, from))
				buf_addf(&out, "%.*s %.*s\n", (int)what.n,
				         what.p, (int)old.n, old.p);
	}
	buf_addf(&out, "%s %.*s\n", kind == OURS_FILE ? hex :
	         kinds[kind].word, (int)from.n,
	         from.p);
	r = file_write_if_changed(list_file, out.p, out.n, err);
	note_ours(s, from);
out:
	free(abs);
	free(root);
	buf_release(&b);
	buf_release(&out);
	return r < 0 ? -1 : 0;
}
