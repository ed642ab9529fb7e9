/* SPDX-License-Identifier: Apache-2.0 */
#include "session/targets/subject.h"

#include "python/version/releases.h"
#include "session/targets/targets.h"
#include "util/path.h"

/* A package whose name, or whose directory, is just this. */
static bool
find_package(const struct session *s, struct str text, struct str path,
	size_t *at)
{
	const struct project *p = &s->front.p;

	for (size_t i = 0; i < p->npackages; i++) {
		const struct package *pkg = &p->packages[i];

		if (!str_eq(pkg->name, text) &&
		    !(str_eq(pkg->dir, path) && pkg->dir.n))
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* "pkg.mod", as any package's modules would import it. */
static uint32_t
find_by_name(struct session *s, struct str name)
{
	struct modules *m = &s->front.m;
	uint32_t found;

	for (uint32_t i = 0; i < m->n; i++) {
		if (i && m->v[i].package == m->v[i - 1].package)
			continue;
		found = modules_lookup(m, i, name, 0);
		if (found != MODULE_NONE)
			return found;
	}
	return MODULE_NONE;
}

static bool
find_file(struct session *s, struct subject *w)
{
	uint32_t node = graph_find(s->graph, w->path);

	w->at = modules_find(&s->front.m, w->path);
	w->kind = SUBJECT_MODULE;
	if (w->at != MODULE_NONE)
		return true;
	w->kind = SUBJECT_FILE;
	w->at = node;
	if (node != GRAPH_NONE)
		return true;
	w->kind = SUBJECT_DIR;
	return discover_find_dir(&s->front.d, w->path) != NULL;
}

int
subject_find(struct session *s, const char *text, struct subject *out,
	struct err *err)
{
	struct str word = str_of(text);
	struct buf path = { 0 };
	bool threaded;
	uint32_t module;

	*out = (struct subject){ .kind = SUBJECT_VERSION };
	if (releases_version(word, &out->major, &out->minor, &threaded))
		return 0;
	session_path(s, word, &path);
	out->path = arena_dup(&s->front.arena, buf_str(&path));
	buf_release(&path);
	out->kind = SUBJECT_PACKAGE;
	if (find_package(s, word, out->path, &out->at) || find_file(s, out))
		return 0;
	module = find_by_name(s, word);
	if (module == MODULE_NONE)
		return targets_unknown(s, word, err);
	*out = (struct subject){
		.kind = SUBJECT_MODULE, .at = module,
		.path = subject_module_path(s, module),
	};
	return 0;
}

bool
subject_has(const struct session *s, const struct subject *of, uint32_t module)
{
	switch (of->kind) {
	case SUBJECT_PACKAGE:
		return s->front.m.v[module].package == of->at;
	case SUBJECT_MODULE:
		return module == of->at;
	case SUBJECT_DIR:
		return path_below(subject_module_path(s, module), of->path);
	default:
		return false;
	}
}

struct str
subject_module_path(const struct session *s, uint32_t module)
{
	return s->front.d.files[s->front.m.v[module].file].path;
}
