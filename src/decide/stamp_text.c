/* SPDX-License-Identifier: Apache-2.0 */
#include "decide/stamp_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "decide/decide.h"
#include "util/hash.h"
#include "util/mem.h"

enum { START = 4096, LONG = 1 << 20 };

struct names {
	const struct graph *g;
	struct map last;        /* last parts of the paths of inputs */
	struct map phonies;     /* outputs of phony steps that were met */
	uint32_t *todo;         /* steps whose inputs are wanted */
	size_t ntodo, cap;
	bool odd;               /* one is no plain word */
};

static bool
in_word(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
	       (u >= '0' && u <= '9') || u >= 0x80 || (u && strchr("_-.+~", u));
}

static void
names_add(struct names *n, uint32_t node)
{
	struct str path = graph_path(n->g, node);
	uint32_t made = n->g->nodes.p[node].producer;
	size_t from = path.n;
	int added;

	if (made != GRAPH_NONE && n->g->steps.p[made].flags & STEP_PHONY) {
		map_put(&n->phonies, path, &added);
		if (added) {
			n->todo = vec_grow(n->todo, &n->cap, n->ntodo + 1,
			                   sizeof(*n->todo));
			n->todo[n->ntodo++] = made;
		}
	}
	while (from > 0 && path.p[from - 1] != '/')
		from--;
	for (size_t i = from; i < path.n; i++)
		n->odd |= !in_word(path.p[i]);
	map_put(&n->last, (struct str){ path.p + from, path.n - from }, NULL);
}

static void
names_collect(struct names *n, uint32_t step)
{
	const struct graph_step *st = &n->g->steps.p[step];

	for (uint32_t i = 0; i < graph_ndeciding(st); i++)
		names_add(n, graph_deciding(n->g, st, i));
	while (n->ntodo) {
		st = &n->g->steps.p[n->todo[--n->ntodo]];
		for (uint32_t i = 0; i < graph_ndeciding(st); i++)
			names_add(n, graph_deciding(n->g, st, i));
	}
}

static bool
names_occur(const struct names *n, struct str text)
{
	size_t at = 0;

	while (at < text.n) {
		size_t from = at;

		while (at < text.n && in_word(text.p[at]))
			at++;
		if (at > from && map_get(&n->last,
		    (struct str){ text.p + from, at - from }))
			return true;
		at += at == from;
	}
	return false;
}

/* The file, or as much as is enough to see that it is no text, or that it is
 * long. false: cannot be read, or no text. */
static bool
read_head(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	size_t want = START;
	ssize_t n = 1;

	while (fd >= 0 && n > 0 && out->n <= LONG) {
		buf_reserve(out, want);
		n = read(fd, out->p + out->n, want);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n <= 0 || memchr(out->p + out->n, '\0', (size_t)n))
			break;
		out->n += (size_t)n;
		want = 64 * 1024;
	}
	if (fd >= 0)
		close(fd);
	return fd >= 0 && (n == 0 || out->n > LONG);
}

bool
stamp_text_names(const struct graph *g, uint32_t step, const char *path)
{
	struct names n = { .g = g };
	struct buf text = { 0 };
	bool yes = false;

	if (read_head(path, &text)) {
		names_collect(&n, step);
		yes = text.n > LONG || n.odd || names_occur(&n, buf_str(&text));
	}
	map_release(&n.last);
	map_release(&n.phonies);
	free(n.todo);
	buf_release(&text);
	return yes;
}
