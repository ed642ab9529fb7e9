/* SPDX-License-Identifier: Apache-2.0 */
#include "ninja/depfile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

/* Lists a name is in. */
enum { IN = 1, OUT = 2 };

struct reader {
	const char *p, *end;
	char *out;              /* where the unescaped name goes; <= p */
	bool newline;           /* a line ended behind the name */
};

static bool
plain(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= 'a' && u <= 'z') || (u >= '-' && u <= ':') ||
	       (u >= 'A' && u <= 'Z') || u == '_' || u >= 0x80 ||
	       (u && strchr("+?\"'&,~()}{%=@[]!", u));
}

static char
at(const struct reader *r, size_t i)
{
	return (size_t)(r->end - r->p) > i ? r->p[i] : '\0';
}

/* Copies n bytes to the name. */
static void
take_bytes(struct reader *r, size_t n)
{
	memmove(r->out, r->p, n);
	r->out += n;
	r->p += n;
}

/* Drops the first of the n backslashes before a byte that they escape; the
 * others and the byte are text. */
static void
take_escaped(struct reader *r, size_t n)
{
	r->p++;
	take_bytes(r, n);
}

/* Reads n backslashes and what follows them; false if that ends the name. */
static bool
backslashes(struct reader *r, size_t n)
{
	char c = at(r, n), after;

	switch (c) {
	case ' ':
		if (n % 2) {
			r->p += n - n / 2;
			take_bytes(r, n / 2 + 1);
			return true;
		}
		take_bytes(r, n);
		r->p++;
		return false;
	case '#':
		take_escaped(r, n);
		return true;
	case ':':
		after = at(r, n + 1);
		if (!after || strchr(" \t\r\n", after)) {
			take_bytes(r, n + 1);
			return true;
		}
		take_escaped(r, n);
		return true;
	case '\0':
	case '\r':
	case '\n':
		if (n > 1) {
			take_bytes(r, n);
			return true;
		}
		r->p++;
		if (c == '\r' && at(r, 1) == '\n')
			r->p++;
		if (at(r, 0) == '\n')
			r->p++;
		return false;
	default:
		take_bytes(r, n + 1);
		return true;
	}
}

/* Reads up to the end of a name and over the byte that ends it. */
static void
read_name(struct reader *r)
{
	size_t n;

	for (r->newline = false; r->p < r->end;) {
		for (n = 0; plain(at(r, n)); n++)
			;
		if (n) {
			take_bytes(r, n);
			continue;
		}
		for (n = 0; at(r, n) == '\\'; n++)
			;
		if (n) {
			if (!backslashes(r, n))
				return;
			continue;
		}
		if (at(r, 0) == '$' && at(r, 1) == '$') {
			r->p++;
			take_bytes(r, 1);
			continue;
		}
		r->newline = *r->p++ == '\n';
		return;
	}
}

static void
list_name(struct str **list, size_t *n, size_t *cap, struct str name)
{
	*list = vec_grow(*list, cap, *n + 1, sizeof(**list));
	(*list)[(*n)++] = name;
}

static void
clear_lists(struct depfile *d)
{
	d->nouts = d->nins = 0;
	if (d->seen.n)
		memset(d->seen.slots, 0, d->seen.cap * sizeof(*d->seen.slots));
	d->seen.n = 0;
}

int
depfile_parse(struct depfile *d, char *text, size_t n, struct err *err)
{
	struct reader r = { text, text + n, text, false };
	bool targets = true, colon = false, poisoned = false;

	clear_lists(d);
	while (r.p < r.end) {
		struct map_slot *slot;
		struct str name;
		bool input = !targets;
		char *start;

		start = r.out = (char *)r.p;
		read_name(&r);
		name = (struct str){ start, (size_t)(r.out - start) };
		if (name.n && name.p[name.n - 1] == ':') {
			name.n--;
			targets = false;
			colon = true;
		}
		slot = name.n ? map_put(&d->seen, name, NULL) : NULL;
		if (slot && slot->value & IN) {
			/* An input that is a target too, as -MP writes: it may
			 * have no new inputs. */
			poisoned |= !input;
		} else if (slot && input) {
			if (poisoned)
				return err_set(err, "inputs may not also have "
					"inputs");
			slot->value |= IN;
			list_name(&d->ins, &d->nins, &d->ins_cap, name);
		} else if (slot && !(slot->value & OUT)) {
			slot->value |= OUT;
			list_name(&d->outs, &d->nouts, &d->outs_cap, name);
		}
		if (r.newline) {
			targets = true;
			poisoned = false;
		}
	}
	if (!colon && d->seen.n)
		return err_set(err, "expected ':' in depfile");
	return 0;
}

bool
depfile_holds(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if (!plain(path.p[i]) && !(path.p[i] && strchr(" #$", path.p[i])))
			return false;
	return path.n && path.p[path.n - 1] != ':';
}

void
depfile_release(struct depfile *d)
{
	free(d->outs);
	free(d->ins);
	map_release(&d->seen);
	*d = (struct depfile){ 0 };
}
