/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the scan of each file named on the command line, or with - of each
 * named on a line of standard input, as a line of JSON; tests/py compares it
 * with what CPython's own parser says. -r: through a record and back. -i: the
 * test items instead, other modules being looked for beside the file; -u:
 * by the rules of unittest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "python/index/record.h"
#include "python/items/items.h"
#include "python/scan/scan.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/file.h"
#include "util/path.h"

static cJSON *
text(struct arena *a, struct str s)
{
	return cJSON_CreateString(arena_dup(a, s).p);
}

static cJSON *
texts(struct arena *a, const struct scan *s, struct scan_range r)
{
	cJSON *list = cJSON_CreateArray();
	uint32_t i;

	for (i = 0; i < r.n; i++)
		cJSON_AddItemToArray(list, text(a, s->texts[r.at + i]));
	return list;
}

static cJSON *
owner_json(uint32_t owner)
{
	return cJSON_CreateNumber(owner == SCAN_MODULE ? -1 : (double)owner);
}

static cJSON *
imports(struct arena *a, const struct scan *s)
{
	cJSON *list = cJSON_CreateArray();
	uint32_t i, j;

	for (i = 0; i < s->nimports; i++) {
		const struct scan_import *m = &s->imports[i];
		cJSON *o = cJSON_CreateObject(), *names;

		cJSON_AddItemToObject(o, "module", text(a, m->module));
		cJSON_AddItemToObject(o, "as", text(a, m->as));
		cJSON_AddNumberToObject(o, "level", m->level);
		cJSON_AddNumberToObject(o, "line", m->line);
		cJSON_AddNumberToObject(o, "flags", m->flags);
		cJSON_AddItemToObject(o, "owner", owner_json(m->owner));
		names = cJSON_AddArrayToObject(o, "names");
		for (j = 0; j < m->names.n; j++) {
			const struct scan_name *n = &s->names[m->names.at + j];
			cJSON *pair = cJSON_CreateArray();

			cJSON_AddItemToArray(pair, text(a, n->name));
			cJSON_AddItemToArray(pair, text(a, n->as));
			cJSON_AddItemToArray(names, pair);
		}
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *
refs(struct arena *a, const struct scan *s, struct scan_range r)
{
	cJSON *list = cJSON_CreateArray();
	uint32_t i;

	for (i = 0; i < r.n; i++)
		cJSON_AddItemToArray(list, text(a, s->syms[s->refs[r.at + i]]));
	return list;
}

static cJSON *
defs(struct arena *a, const struct scan *s)
{
	cJSON *list = cJSON_CreateArray();
	uint32_t i, j;

	for (i = 0; i < s->ndefs; i++) {
		const struct scan_def *d = &s->defs[i];
		cJSON *o = cJSON_CreateObject(), *decos;

		cJSON_AddItemToObject(o, "name", text(a, d->name));
		cJSON_AddItemToObject(o, "parent", owner_json(d->parent));
		cJSON_AddNumberToObject(o, "flags", d->flags);
		cJSON_AddNumberToObject(o, "line", d->line);
		cJSON_AddNumberToObject(o, "first", d->first_line);
		cJSON_AddNumberToObject(o, "end", d->end_line);
		cJSON_AddItemToObject(o, "bases", texts(a, s, d->bases));
		cJSON_AddItemToObject(o, "params", texts(a, s, d->params));
		decos = cJSON_AddArrayToObject(o, "decos");
		for (j = 0; j < d->decos.n; j++)
			cJSON_AddItemToArray(decos,
				text(a, s->decos[d->decos.at + j].name));
		cJSON_AddItemToObject(o, "refs", refs(a, s, d->refs));
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static cJSON *
assigns(struct arena *a, const struct scan *s)
{
	cJSON *list = cJSON_CreateArray();
	uint32_t i;

	for (i = 0; i < s->nassigns; i++) {
		const struct scan_assign *m = &s->assigns[i];
		cJSON *o = cJSON_CreateObject();

		cJSON_AddItemToObject(o, "name", text(a, m->name));
		cJSON_AddItemToObject(o, "text", text(a, m->text));
		cJSON_AddItemToObject(o, "owner", owner_json(m->owner));
		cJSON_AddNumberToObject(o, "value", m->value);
		cJSON_AddNumberToObject(o, "line", m->line);
		cJSON_AddItemToArray(list, o);
	}
	return list;
}

static void
dump(const char *path, struct scan *s, struct arena *a)
{
	cJSON *o = cJSON_CreateObject();
	char *line;

	cJSON_AddStringToObject(o, "path", path);
	cJSON_AddNumberToObject(o, "flags", s->flags);
	cJSON_AddItemToObject(o, "error", text(a, s->error));
	cJSON_AddNumberToObject(o, "error_line", s->error_line);
	cJSON_AddNumberToObject(o, "lines", s->lines);
	cJSON_AddItemToObject(o, "imports", imports(a, s));
	cJSON_AddItemToObject(o, "defs", defs(a, s));
	cJSON_AddItemToObject(o, "assigns", assigns(a, s));
	cJSON_AddItemToObject(o, "all", texts(a, s, s->all));
	cJSON_AddItemToObject(o, "hooks", texts(a, s, s->hooks));
	cJSON_AddItemToObject(o, "refs", refs(a, s, s->module_refs));
	line = cJSON_PrintUnformatted(o);
	puts(line);
	fflush(stdout);
	free(line);
	cJSON_Delete(o);
}

struct options {
	bool record, items, unittest;
};

/* Scans of the modules looked for so far. */
struct beside {
	struct arena *arena;
	struct str root;         /* where absolute names are looked for */
	struct str path[64];
	struct scan scan[64];
	unsigned n;
};

static const struct scan *
scan_file_at(struct beside *b, struct str path)
{
	struct buf src = { 0 };
	unsigned i;

	for (i = 0; i < b->n; i++) {
		if (str_eq(b->path[i], path))
			return &b->scan[i];
	}
	if (b->n == 64 || file_read(path.p, &src, NULL) != 1) {
		buf_release(&src);
		return NULL;
	}
	scan_source(buf_str(&src).p, src.n, b->arena, &b->scan[b->n]);
	b->path[b->n] = path;
	buf_release(&src);
	return &b->scan[b->n++];
}

/* tag: the path of the importing file. */
static int
resolve(void *ctx, const void *from, struct str module, uint32_t level,
	struct scan_module *out)
{
	struct beside *b = ctx;
	struct str path, dir = level ? path_dir(str_of(from)) : b->root;
	char *p;

	for (; level > 1; level--)
		dir = path_dir(dir);
	path = arena_fmt(b->arena, "%.*s/%.*s", (int)dir.n, dir.p,
		(int)module.n, module.p);
	for (p = (char *)path.p + dir.n; *p; p++) {
		if (*p == '.')
			*p = '/';
	}
	out->tag = arena_fmt(b->arena, "%s.py", path.p).p;
	out->scan = scan_file_at(b, str_of(out->tag));
	if (!out->scan) {
		out->tag = arena_fmt(b->arena, "%s/__init__.py", path.p).p;
		out->scan = scan_file_at(b, str_of(out->tag));
	}
	return out->scan != NULL;
}

static void
dump_items(const char *path, const struct scan *s, struct arena *a,
	const struct options *opt)
{
	struct beside b = { .arena = a, .root = path_dir(str_of(path)) };
	struct scan_module m = { s, path };
	struct scan_rules rules = { .unittest = opt->unittest };
	struct scan_items items;
	cJSON *o = cJSON_CreateObject(), *list;
	char *line;
	uint32_t i;

	scan_items(&m, &rules, resolve, &b, a, &items);
	cJSON_AddStringToObject(o, "path", path);
	cJSON_AddNumberToObject(o, "flags", items.flags);
	list = cJSON_AddArrayToObject(o, "items");
	for (i = 0; i < items.n; i++) {
		cJSON *item = cJSON_CreateObject();

		cJSON_AddItemToObject(item, "id", text(a, items.v[i].id));
		cJSON_AddNumberToObject(item, "line", items.v[i].line);
		cJSON_AddNumberToObject(item, "kind", items.v[i].kind);
		cJSON_AddNumberToObject(item, "flags", items.v[i].flags);
		cJSON_AddItemToArray(list, item);
	}
	line = cJSON_PrintUnformatted(o);
	puts(line);
	fflush(stdout);
	free(line);
	cJSON_Delete(o);
}

static int
one(const char *path, const struct options *opt)
{
	struct arena a = { 0 };
	struct buf src = { 0 }, bytes = { 0 };
	struct err err = { 0 };
	struct scan s;
	int failed = file_read(path, &src, &err) != 1;

	if (failed) {
		fprintf(stderr, "scan_dump: %s: %s\n", path,
			err.msg ? err.msg : "no such file");
	} else {
		scan_source(buf_str(&src).p, src.n, &a, &s);
		if (opt->record) {
			record_encode(&s, &bytes);
			if (!record_decode(bytes.p, bytes.n, &a, &s)) {
				fprintf(stderr, "scan_dump: %s: record\n",
					path);
				exit(1);
			}
		}
		if (opt->items)
			dump_items(path, &s, &a, opt);
		else
			dump(path, &s, &a);
	}
	err_release(&err);
	buf_release(&src);
	buf_release(&bytes);
	arena_release(&a);
	return failed;
}

int
main(int argc, char **argv)
{
	char path[4096];
	struct options opt = { 0 };
	int i, failed = 0;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-r")) {
			opt.record = true;
		} else if (!strcmp(argv[i], "-i")) {
			opt.items = true;
		} else if (!strcmp(argv[i], "-u")) {
			opt.items = opt.unittest = true;
		} else if (strcmp(argv[i], "-") != 0) {
			failed |= one(argv[i], &opt);
		} else {
			while (fgets(path, sizeof(path), stdin)) {
				path[strcspn(path, "\n")] = '\0';
				failed |= one(path, &opt);
			}
		}
	}
	return failed;
}
