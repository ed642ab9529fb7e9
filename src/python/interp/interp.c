/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/interp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/interp/internal.h"
#include "python/version/releases.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/path.h"

/* Names python3.N are looked for up to this N. */
#define MINOR_MIN 6
#define MINOR_MAX 20

static const char *const usual_prefixes =
	"/usr/bin:/usr/local/bin:/opt/homebrew/bin:/opt/local/bin";

struct finder {
	struct interps *in;
	const struct interp_where *w;
	struct buf pyenv;       /* $PYENV_ROOT, "" if there is none */
	struct str *pins;       /* versions that pyenv's shims choose */
	size_t npins;
};

void
interp_where_env(struct interp_where *w, const char *root,
	const char *state_dir)
{
	*w = (struct interp_where){ .root = root, .state_dir = state_dir,
		.path = getenv("PATH"), .home = getenv("HOME"),
		.virtual_env = getenv("VIRTUAL_ENV"),
		.conda_prefix = getenv("CONDA_PREFIX"),
		.conda_env = getenv("CONDA_DEFAULT_ENV"),
		.pyenv_root = getenv("PYENV_ROOT"),
		.pyenv_version = getenv("PYENV_VERSION"),
		.uv_dir = getenv("UV_PYTHON_INSTALL_DIR"),
		.xdg_data_home = getenv("XDG_DATA_HOME") };
}

static bool
is_set(const char *s)
{
	return s && *s;
}

/* The directory of the virtual environment that the executable at path
 * belongs to: Python looks beside the path as given, links unresolved. */
static void
venv_of(struct buf *out, struct str path)
{
	struct str prefix = path_dir(path_dir(path));

	buf_addf(out, "%.*s/pyvenv.cfg", (int)prefix.n, prefix.p);
	if (access(out->p, F_OK) < 0)
		buf_clear(out);
}

/* "python3.12", "3.12.1", "cpython-3.13.0+freethreaded-linux": a guess. */
static void
guess_version(struct interp *it, struct str name)
{
	struct buf b = {0};
	size_t i = 0, n;
	int major, minor;
	bool t;

	if (str_starts(name, "python"))
		i = 6;
	else if (str_starts(name, "cpython-"))
		i = 8;
	for (n = i; n < name.n && ((name.p[n] >= '0' && name.p[n] <= '9') ||
	     name.p[n] == '.'); n++)
		;
	buf_add(&b, name.p + i, n - i);
	if (releases_version(buf_str(&b), &major, &minor, &t)) {
		const char *dot = memchr(b.p, '.', b.n);
		const char *micro = dot ? strchr(dot + 1, '.') : NULL;

		it->major = major;
		it->minor = minor;
		it->micro = micro ? atoi(micro + 1) : -1;
		it->gil_disabled = (n < name.n && name.p[n] == 't') ||
			(n + 1 < name.n && memmem(name.p + n, name.n - n,
			"freethreaded", 12));
	}
	buf_release(&b);
}

/* Is there already a candidate that is the same file in the same virtual
 * environment? Its number, or in->n. */
static size_t
same(const struct interps *in, struct str path, struct str real)
{
	struct buf mine = {0}, other = {0};
	size_t i;

	venv_of(&mine, path);
	for (i = 0; i < in->n; i++) {
		if (!str_eq(in->v[i].real, real))
			continue;
		buf_clear(&other);
		venv_of(&other, in->v[i].path);
		if (str_eq(buf_str(&mine), buf_str(&other)))
			break;
	}
	buf_release(&mine);
	buf_release(&other);
	return i;
}

/* Adds the executable at path unless it is none or known. Its number, or
 * SIZE_MAX. hint: a name that tells the version. */
static size_t
add_found(struct interps *in, enum interp_source source, const char *path,
	struct str hint)
{
	struct interp it = { .source = source, .micro = -1 };
	struct file_sig sig;
	char *real;
	size_t i;

	if (access(path, X_OK) < 0 || file_sig(AT_FDCWD, path, &sig) != 1 ||
	    !S_ISREG(sig.mode))
		return SIZE_MAX;
	real = realpath(path, NULL);
	if (!real)
		return SIZE_MAX;
	i = same(in, str_of(path), str_of(real));
	if (i == in->n) {
		it.path = arena_dup(&in->arena, str_of(path));
		it.real = arena_dup(&in->arena, str_of(real));
		guess_version(&it, hint);
		if (!it.major)
			guess_version(&it, path_base(it.real));
		in->v = vec_grow(in->v, &in->cap, in->n + 1, sizeof(*in->v));
		in->v[in->n++] = it;
	}
	free(real);
	return i;
}

static size_t
add_in(struct interps *in, enum interp_source source, struct str dir,
	const char *name, struct str hint)
{
	struct buf b = {0};
	size_t at;

	buf_addf(&b, "%.*s/%s", (int)dir.n, dir.p, name);
	at = add_found(in, source, b.p, hint);
	buf_release(&b);
	return at;
}

/* python3.N, newest first, in one directory. */
static void
add_python(struct interps *in, enum interp_source source, struct str dir)
{
	char name[32];
	int minor;

	for (minor = MINOR_MAX; minor >= MINOR_MIN; minor--) {
		snprintf(name, sizeof(name), "python3.%d", minor);
		add_in(in, source, dir, name, str_of(name));
		snprintf(name, sizeof(name), "python3.%dt", minor);
		add_in(in, source, dir, name, str_of(name));
	}
}

/* Splits at any of the bytes of sep; parts are stripped, "#..." dropped. */
static size_t
split_parts(struct arena *a, struct str text, const char *sep, struct str **out)
{
	size_t n = 1, i, start = 0;
	struct str s;

	for (i = 0; i < text.n; i++)
		n += strchr(sep, text.p[i]) != NULL;
	*out = arena_alloc(a, n * sizeof(**out));
	n = 0;
	for (i = 0; i <= text.n; i++) {
		if (i < text.n && (text.p[i] == 0 ||
		    !strchr(sep, text.p[i])))
			continue;
		s = (struct str){ text.p + start, i - start };
		start = i + 1;
		while (s.n && strchr(" \t\r", *s.p)) {
			s.p++;
			s.n--;
		}
		while (s.n && strchr(" \t\r", s.p[s.n - 1]))
			s.n--;
		if (s.n && *s.p != '#')
			(*out)[n++] = arena_dup(a, s);
	}
	return n;
}

static bool
read_versions(struct arena *a, const char *dir, const char *name,
	struct str **out, size_t *n)
{
	struct buf path = {0}, text = {0};
	bool there;

	buf_addf(&path, "%s/%s", dir, name);
	there = file_read(path.p, &text, NULL) == 1;
	if (there)
		*n = split_parts(a, buf_str(&text), "\n", out);
	buf_release(&path);
	buf_release(&text);
	return there;
}

/* What pyenv's shims would choose: PYENV_VERSION, the nearest .python-version
 * upwards, the global version. */
static void
read_pins(struct finder *f)
{
	struct arena *a = &f->in->arena;
	struct buf dir = {0};

	if (is_set(f->w->pyenv_version)) {
		f->npins = split_parts(a, str_of(f->w->pyenv_version), ":",
			&f->pins);
		return;
	}
	buf_adds(&dir, f->w->root ? f->w->root : "");
	while (dir.n) {
		dir.p[dir.n] = 0;
		if (read_versions(a, dir.p, ".python-version", &f->pins,
		    &f->npins))
			break;
		dir.n = dir.n > 1 ? path_dir(buf_str(&dir)).n : 0;
	}
	if (dir.n == 0)
		read_versions(a, f->pyenv.p, "version", &f->pins, &f->npins);
	buf_release(&dir);
}

static int
number_at(struct str s, size_t *i)
{
	int v = 0;

	while (*i < s.n && s.p[*i] >= '0' && s.p[*i] <= '9' && v < 100000)
		v = v * 10 + s.p[(*i)++] - '0';
	return v;
}

/* Newest version first: numbers in the names compare as numbers. */
static int
newest_first(const void *a, const void *b)
{
	struct str x = *(const struct str *)b, y = *(const struct str *)a;
	size_t i = 0, j = 0;

	while (i < x.n && j < y.n) {
		if (x.p[i] >= '0' && x.p[i] <= '9' && y.p[j] >= '0' &&
		    y.p[j] <= '9') {
			int v = number_at(x, &i), w = number_at(y, &j);

			if (v != w)
				return v < w ? -1 : 1;
		} else if (x.p[i] != y.p[j]) {
			return x.p[i] < y.p[j] ? -1 : 1;
		} else {
			i++;
			j++;
		}
	}
	return str_cmp(x, y);
}

/* The names in dir that begin with prefix or, if it is "", a digit. */
static size_t
list_matching(struct arena *a, const char *dir, const char *prefix,
	struct str **out)
{
	DIR *dp = opendir(dir);
	struct dirent *de;
	struct str *v = NULL;
	size_t n = 0, cap = 0, k = strlen(prefix);

	while (dp && (de = readdir(dp)) != NULL) {
		if (k ? strncmp(de->d_name, prefix, k) != 0 :
		    de->d_name[0] < '0' || de->d_name[0] > '9')
			continue;
		v = vec_grow(v, &cap, n + 1, sizeof(*v));
		v[n++] = arena_dup(a, str_of(de->d_name));
	}
	if (dp)
		closedir(dp);
	if (n > 1)
		qsort(v, n, sizeof(*v), newest_first);
	*out = arena_alloc(a, n * sizeof(**out) + 1);
	if (n)
		memcpy(*out, v, n * sizeof(*v));
	free(v);
	return n;
}

/* The pyenv version that a pin means: its own name, or the newest that it is
 * a prefix of ("3.11" is 3.11.7). */
static size_t
add_pyenv(struct finder *f, struct str pin)
{
	struct interps *in = f->in;
	struct buf dir = {0};
	struct str *names, best = {0};
	size_t n, i, at = SIZE_MAX;

	buf_addf(&dir, "%s/versions", f->pyenv.p);
	n = list_matching(&in->arena, dir.p, "", &names);
	for (i = n; i-- > 0;) {
		if (str_eq(names[i], pin) || (names[i].n > pin.n &&
		    memcmp(names[i].p, pin.p, pin.n) == 0 &&
		    names[i].p[pin.n] == '.'))
			best = names[i];
		if (str_eq(best, pin))
			break;
	}
	if (best.n) {
		buf_addf(&dir, "/%s/bin", best.p);
		at = add_in(in, INTERP_PYENV, buf_str(&dir), "python3", best);
	}
	buf_release(&dir);
	return at;
}

/* python3 as PATH finds it; a pyenv shim is what it would start. */
static size_t
python_on_path(struct finder *f)
{
	struct interps *in = f->in;
	struct buf shims = {0};
	size_t i, k, at = SIZE_MAX;

	buf_addf(&shims, "%s/shims", f->pyenv.n ? f->pyenv.p : "");
	for (i = 0; i < in->npath && at == SIZE_MAX; i++) {
		if (f->pyenv.n && str_eq(in->path[i], buf_str(&shims))) {
			for (k = 0; k < f->npins && at == SIZE_MAX; k++)
				at = add_pyenv(f, f->pins[k]);
			continue;
		}
		at = add_in(in, INTERP_PATH, in->path[i], "python3",
			(struct str){ "", 0 });
	}
	buf_release(&shims);
	return at;
}

static void
add_search_path(struct finder *f)
{
	struct buf shims = {0};
	size_t i;

	buf_addf(&shims, "%s/shims", f->pyenv.n ? f->pyenv.p : "");
	for (i = 0; i < f->in->npath; i++) {
		if (f->pyenv.n && str_eq(f->in->path[i], buf_str(&shims)))
			continue;
		add_python(f->in, INTERP_PATH, f->in->path[i]);
		add_in(f->in, INTERP_PATH, f->in->path[i], "python3",
			(struct str){ "", 0 });
	}
	buf_release(&shims);
}

/* Every dir/NAME/bin/python3, newest first. */
static void
add_versions(struct interps *in, enum interp_source source, const char *dir,
	const char *prefix)
{
	struct str *names;
	struct buf b = {0};
	size_t i, n = list_matching(&in->arena, dir, prefix, &names);

	for (i = 0; i < n; i++) {
		buf_clear(&b);
		buf_addf(&b, "%s/%s/bin", dir, names[i].p);
		if (!(str_starts(names[i], "2") && source == INTERP_PYENV))
			add_in(in, source, buf_str(&b), "python3", names[i]);
	}
	buf_release(&b);
}

static void
add_elsewhere(struct finder *f)
{
	struct interps *in = f->in;
	const struct interp_where *w = f->w;
	struct buf b = {0};
	struct str *dirs;
	size_t i, n;

	if (f->pyenv.n) {
		buf_addf(&b, "%s/versions", f->pyenv.p);
		add_versions(in, INTERP_PYENV, b.p, "");
	}
	buf_clear(&b);
	if (is_set(w->uv_dir))
		buf_adds(&b, w->uv_dir);
	else if (is_set(w->xdg_data_home))
		buf_addf(&b, "%s/uv/python", w->xdg_data_home);
	else if (is_set(w->home))
		buf_addf(&b, "%s/.local/share/uv/python", w->home);
	if (b.n)
		add_versions(in, INTERP_UV, b.p, "cpython-");
	n = split_parts(&in->arena, str_of(w->prefixes ? w->prefixes :
		usual_prefixes), ":", &dirs);
	for (i = 0; i < n; i++) {
		add_python(in, INTERP_PREFIX, dirs[i]);
		add_in(in, INTERP_PREFIX, dirs[i], "python3",
			(struct str){ "", 0 });
	}
	if (!w->prefixes)
		add_versions(in, INTERP_PREFIX, "/opt", "python");
	buf_release(&b);
}

/* Does the interpreter fit a line of .python-version? */
static bool
is_wanted(const struct interp *it, struct str want)
{
	int major, minor, micro = -1;
	const char *dot;
	bool t;

	if (!releases_version(want, &major, &minor, &t) ||
	    it->major != major || it->minor != minor ||
	    it->gil_disabled != t)
		return false;
	dot = strchr(want.p, '.');
	dot = dot ? strchr(dot + 1, '.') : NULL;
	if (dot)
		micro = atoi(dot + 1);
	return micro < 0 || it->micro == micro;
}

/* conda activates its own environment in every shell: a choice of nobody. */
static bool
is_base(const struct interp_where *w)
{
	return is_set(w->conda_env) && (strcmp(w->conda_env, "base") == 0 ||
		strcmp(w->conda_env, "root") == 0);
}

/* Directories of the root in which people have its environment, as the manuals
 * of uv and of Python name them. */
static const char *const venv_names[] = { ".venv", "venv" };

/* The interpreter that is used when nothing else is said. */
static void
find_active(struct finder *f)
{
	struct interps *in = f->in;
	const struct interp_where *w = f->w;
	struct buf b = {0};
	size_t at = SIZE_MAX, path;

	if (is_set(w->virtual_env)) {
		buf_addf(&b, "%s/bin", w->virtual_env);
		at = add_in(in, INTERP_VIRTUAL_ENV, buf_str(&b), "python",
			(struct str){ "", 0 });
	}
	if (at == SIZE_MAX && is_set(w->conda_prefix) && !is_base(w)) {
		buf_clear(&b);
		buf_addf(&b, "%s/bin", w->conda_prefix);
		at = add_in(in, INTERP_CONDA, buf_str(&b), "python",
			(struct str){ "", 0 });
	}
	for (size_t i = 0; w->root && i < countof(venv_names); i++) {
		buf_clear(&b);
		buf_addf(&b, "%s/%s/bin", w->root, venv_names[i]);
		path = add_in(in, INTERP_DOT_VENV, buf_str(&b), "python",
			(struct str){ "", 0 });
		if (at == SIZE_MAX)
			at = path;
	}
	path = python_on_path(f);
	add_search_path(f);
	add_elsewhere(f);
	if (at == SIZE_MAX && in->nwanted) {
		if (path != SIZE_MAX && is_wanted(&in->v[path],
		    in->wanted[0]))
			at = path;
		for (size_t i = 0; i < in->n && at == SIZE_MAX; i++) {
			if (is_wanted(&in->v[i], in->wanted[0]))
				at = i;
		}
	}
	if (at == SIZE_MAX)
		at = path;
	if (at == SIZE_MAX && in->n)
		at = 0;
	if (at != SIZE_MAX) {
		struct interp it = in->v[at];

		memmove(in->v + 1, in->v, at * sizeof(*in->v));
		in->v[0] = it;
		in->v[0].active = true;
	}
	buf_release(&b);
}

int
interps_find(struct interps *in, const struct interp_where *w,
	struct err *err)
{
	struct finder f = { .in = in, .w = w };
	struct file_sig sig;

	(void)err;
	*in = (struct interps){ 0 };
	in->root = arena_dup(&in->arena, str_of(w->root ? w->root : "/"));
	in->state_file = w->state_dir ? arena_fmt(&in->arena,
		"%s/interpreters", w->state_dir) : (struct str){ "", 0 };
	in->read_only = w->read_only;
	in->npath = split_parts(&in->arena, str_of(w->path ? w->path : ""), ":",
		&in->path);
	if (w->root && !read_versions(&in->arena, w->root, ".python-versions",
	    &in->wanted, &in->nwanted))
		read_versions(&in->arena, w->root, ".python-version",
			&in->wanted, &in->nwanted);
	if (is_set(w->pyenv_root))
		buf_adds(&f.pyenv, w->pyenv_root);
	else if (is_set(w->home))
		buf_addf(&f.pyenv, "%s/.pyenv", w->home);
	if (f.pyenv.n && file_sig(AT_FDCWD, f.pyenv.p, &sig) != 1)
		buf_clear(&f.pyenv);
	if (f.pyenv.n)
		read_pins(&f);
	find_active(&f);
	interp_cache_load(in);
	buf_release(&f.pyenv);
	return 0;
}

int
interps_add(struct interps *in, struct str name, size_t *at)
{
	struct buf b = {0};
	size_t i;

	*at = SIZE_MAX;
	if (memchr(name.p, '/', name.n)) {
		path_join(&b, in->root, name);
		*at = add_found(in, INTERP_GIVEN, b.p, path_base(name));
	}
	for (i = 0; !b.n && i < in->npath && *at == SIZE_MAX; i++) {
		struct buf p = {0};

		buf_addf(&p, "%s/%.*s", in->path[i].p, (int)name.n, name.p);
		*at = add_found(in, INTERP_GIVEN, p.p, name);
		buf_release(&p);
	}
	buf_release(&b);
	if (*at == SIZE_MAX)
		return 0;
	if (in->v[*at].state == INTERP_CANDIDATE)
		interp_cache_load(in);
	return 1;
}

/* Could it be major.minor, as far as is known? */
static bool
may_be(const struct interp *it, int major, int minor)
{
	return it->state != INTERP_BAD && !it->gil_disabled &&
	       it->major == major && it->minor == minor;
}

static size_t
pick_known(const struct interps *in, int major, int minor)
{
	size_t i, k;

	if (in->n && in->v[0].active && may_be(&in->v[0], major, minor))
		return 0;
	for (k = 0; k < in->nwanted; k++) {
		for (i = 0; i < in->n; i++) {
			if (may_be(&in->v[i], major, minor) &&
			    is_wanted(&in->v[i], in->wanted[k]))
				return i;
		}
	}
	for (i = 0; i < in->n && !may_be(&in->v[i], major, minor); i++)
		;
	return i;
}

size_t
interps_pick(struct interps *in, int major, int minor, struct err *err)
{
	size_t *which, n = 0, i;

	i = pick_known(in, major, minor);
	if (i < in->n)
		return i;
	which = xreallocarray(NULL, in->n + 1, sizeof(*which));
	for (i = 0; i < in->n; i++) {
		if (in->v[i].state == INTERP_CANDIDATE && !in->v[i].major)
			which[n++] = i;
	}
	if (n && interps_probe(in, which, n, err) < 0)
		n = 0;
	free(which);
	return n ? pick_known(in, major, minor) : in->n;
}

void
interps_release(struct interps *in)
{
	free(in->v);
	arena_release(&in->arena);
	*in = (struct interps){ 0 };
}

const struct interp_dist *
interp_dist(const struct interp *in, struct str name)
{
	size_t i;

	for (i = 0; i < in->ndists; i++) {
		if (str_eq(in->dists[i].name, name))
			return &in->dists[i];
	}
	return NULL;
}
