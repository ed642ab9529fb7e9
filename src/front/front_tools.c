/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "front/internal.h"
#include "util/file.h"
#include "util/mem.h"

/* What says how tests are run: this program's version, pytgraph and the rules.
 * To digest all that is half of a run with nothing to do, so what came of it is
 * kept with the signatures of the files:
 *
 *	tools  = "tgraph tools 1\n" sum " " digest "\n"
 *	sum    = 64 hex digits: of version, names and signatures
 *	digest = 64 hex digits: of version, names and contents */

static const char HEADER[] = "tgraph tools 1\n";

struct tool_file {
	struct str path;
	struct str name;        /* in its directory */
	struct file_sig sig;    /* mode 0: it leads nowhere */
};

struct tool_files {
	struct arena arena;
	struct tool_file *v;
	size_t n, cap;
};

static int list_ours(struct tool_files *t, struct str dir, struct err *err);

/* A file or folder by the name that the directory has for it. */
static int
list_entry(struct tool_files *t, struct str dir, struct str name,
	struct err *err)
{
	struct tool_file f = { 0 };

	if (name.p[0] == '.' || str_ends(name, ".pyc") ||
	    str_is(name, "__pycache__"))
		return 0;
	f.path = arena_fmt(&t->arena, "%s/%s", dir.p, name.p);
	f.name = (struct str){ f.path.p + dir.n + 1, name.n };
	if (file_sig(AT_FDCWD, f.path.p, &f.sig) < 0)
		return err_code(err, EXIT_ENV, "%s: cannot be looked at",
		                f.path.p);
	t->v = vec_grow(t->v, &t->cap, t->n + 1, sizeof(*t->v));
	t->v[t->n++] = f;
	return S_ISDIR(f.sig.mode) ? list_ours(t, f.path, err) : 0;
}

static int
list_ours(struct tool_files *t, struct str dir, struct err *err)
{
	struct dirent **names;
	int r = 0, n = scandir(dir.p, &names, NULL, alphasort);

	if (n < 0)
		return err_code(err, EXIT_ENV, "%s: cannot be read; is "
		                "tgraph installed completely?", dir.p);
	for (int k = 0; k < n; k++) {
		if (r == 0)
			r = list_entry(t, dir, str_of(names[k]->d_name), err);
		free(names[k]);
	}
	free(names);
	return r;
}

/* What a directory was last changed for is of no interest: its names are. */
static struct digest
digest_sigs(const struct front *f, const struct tool_files *t)
{
	struct digester d;

	digest_begin(&d);
	digest_add_field(&d, f->o->version, strlen(f->o->version));
	for (size_t i = 0; i < t->n; i++) {
		struct file_sig sig = t->v[i].sig;

		if (S_ISDIR(sig.mode))
			sig = (struct file_sig){ .mode = S_IFDIR };
		digest_add_field(&d, t->v[i].path.p, t->v[i].path.n);
		digest_add(&d, &sig, sizeof(sig));
	}
	return digest_end(&d);
}

static int
digest_contents(const struct front *f, const struct tool_files *t,
	struct digest *out, struct err *err)
{
	struct buf text = { 0 };
	struct digester d;
	int r = 0;

	digest_begin(&d);
	digest_add_field(&d, f->o->version, strlen(f->o->version));
	for (size_t i = 0; r >= 0 && i < t->n; i++) {
		digest_add_field(&d, t->v[i].name.p, t->v[i].name.n);
		if (S_ISDIR(t->v[i].sig.mode))
			continue;
		buf_clear(&text);
		r = file_read(t->v[i].path.p, &text, err);
		digest_add_field(&d, text.p, text.n);
	}
	buf_release(&text);
	*out = digest_end(&d);
	return r < 0 ? -1 : 0;
}

bool
front_is_racy(const struct front *f, const struct file_sig *sig)
{
	enum { TICK = 20000000, COARSE = 2000000000 };  /* ns */
	int64_t when = sig->mtime_ns > sig->ctime_ns ? sig->mtime_ns
	                                             : sig->ctime_ns;
	int64_t tick = when % 1000000000 ? TICK : COARSE;

	return when + tick >= f->begun;
}

/* Could one have been changed after it was read, and keep its signature? */
static bool
is_racy(const struct front *f, const struct tool_files *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (!S_ISDIR(t->v[i].sig.mode) &&
		    front_is_racy(f, &t->v[i].sig))
			return true;
	return false;
}

static struct str
remembered_at(const struct front *f, struct buf *path)
{
	buf_addf(path, "%s/env/tools", f->o->state_dir);
	return buf_str(path);
}

/* What was found for the same signatures. */
static bool
recall_tools(const struct front *f, const struct digest *sum,
	struct digest *out)
{
	enum { HEAD = sizeof(HEADER) - 1, WHOLE = HEAD + 2 * (DIGEST_HEX + 1) };
	struct buf path = { 0 }, text = { 0 };
	struct digest of;
	bool same;

	same = file_read(remembered_at(f, &path).p, &text, NULL) > 0 &&
	       text.n == WHOLE && memcmp(text.p, HEADER, HEAD) == 0 &&
	       digest_parse(&of, text.p + HEAD, DIGEST_HEX) &&
	       digest_eq(&of, sum) &&
	       digest_parse(out, text.p + HEAD + DIGEST_HEX + 1, DIGEST_HEX);
	buf_release(&path);
	buf_release(&text);
	return same;
}

void
front_remember_tools(const struct front *f)
{
	char sum[DIGEST_HEX + 1], digest[DIGEST_HEX + 1];
	struct buf path = { 0 }, text = { 0 };

	if (digest_none(&f->priv->tools_sum))
		return;
	digest_hex(&f->priv->tools_sum, sum);
	digest_hex(&f->tools, digest);
	buf_addf(&text, "%s%s %s\n", HEADER, sum, digest);
	remembered_at(f, &path);
	if (dir_make_parent(path.p, NULL) == 0)
		file_write(path.p, text.p, text.n, false, NULL);
	buf_release(&path);
	buf_release(&text);
}

int
front_tools(struct front *f, struct err *err)
{
	const char *dirs[] = { f->o->pytgraph, f->o->rules_dir };
	struct tool_files t = { 0 };
	struct digest sum;
	int r = 0;

	for (size_t i = 0; i < countof(dirs) && r == 0; i++)
		r = list_ours(&t, str_of(dirs[i]), err);
	if (r == 0) {
		sum = digest_sigs(f, &t);
		if (!recall_tools(f, &sum, &f->tools)) {
			r = digest_contents(f, &t, &f->tools, err);
			if (r == 0 && !is_racy(f, &t))
				f->priv->tools_sum = sum;
		}
	}
	free(t.v);
	arena_release(&t.arena);
	return r;
}
