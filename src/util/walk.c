/* SPDX-License-Identifier: Apache-2.0 */
#include "util/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/os.h"

uint32_t
walk_add(struct walk *w, void *dir)
{
	w->dirs = vec_grow(w->dirs, &w->cap, (size_t)w->n + 1,
		sizeof(*w->dirs));
	w->dirs[w->n] = dir;
	return w->n++;
}

static void
look_at(void *ctx, uint32_t i)
{
	const struct walk *w = ctx;

	w->look(w->ctx, w->dirs[w->first + i]);
}

void
walk_run(struct walk *w, uint32_t first)
{
	uint32_t end;

	for (; first < w->n; first = end) {
		end = w->n;
		w->first = first;
		os_parallel(w->threads, end - first, look_at, w);
		for (uint32_t i = first; i < end; i++)
			w->enter(w->ctx, w->dirs[i], i);
	}
}

static struct str
identity(const struct file_sig *sig, uint64_t id[2])
{
	id[0] = sig->dev;
	id[1] = sig->ino;
	return (struct str){ (const char *)id, 2 * sizeof(*id) };
}

uint32_t
walk_find(const struct walk *w, const struct file_sig *sig)
{
	uint64_t id[2];
	const struct map_slot *s = map_get(&w->seen, identity(sig, id));

	return s ? s->value : WALK_NONE;
}

uint32_t
walk_first(struct walk *w, const struct file_sig *sig, uint32_t id)
{
	uint64_t key[2];
	uint32_t first = walk_find(w, sig);

	if (first != WALK_NONE)
		return first;
	map_put(&w->seen, arena_dup(&w->keys, identity(sig, key)),
		NULL)->value = id;
	return id;
}

void
walk_release(struct walk *w)
{
	free(w->dirs);
	map_release(&w->seen);
	arena_release(&w->keys);
	*w = (struct walk){ 0 };
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(((const struct walk_name *)a)->name,
		((const struct walk_name *)b)->name);
}

static void
add_name(struct walk_names *names, const struct dirent *de)
{
	size_t len = strlen(de->d_name);

	names->v = vec_grow(names->v, &names->cap, names->n + 1,
		sizeof(*names->v));
	names->v[names->n++] = (struct walk_name){
		.len = (uint32_t)len, .type = de->d_type,
	};
	buf_add(&names->text, de->d_name, len + 1);
}

int
walk_names(int fd, struct walk_names *names)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *dp = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *de;
	size_t at = 0;
	int e = errno;

	if (!dp) {
		if (copy >= 0)
			close(copy);
		return e;
	}
	while ((errno = 0, de = readdir(dp)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			add_name(names, de);
	e = errno;
	closedir(dp);
	for (size_t i = 0; i < names->n; i++) {
		names->v[i].name = names->text.p + at;
		at += names->v[i].len + 1;
	}
	if (names->n > 1)
		qsort(names->v, names->n, sizeof(*names->v), name_cmp);
	return e;
}

void
walk_names_release(struct walk_names *names)
{
	buf_release(&names->text);
	free(names->v);
	*names = (struct walk_names){ 0 };
}
