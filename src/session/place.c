/* SPDX-License-Identifier: Apache-2.0 */
#include "session/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/os.h"
#include "util/path.h"

static bool
exists_in(const char *dir, const char *name)
{
	struct buf b = { 0 };
	struct stat st;
	bool there;

	buf_addf(&b, "%s/%s", dir, name);
	there = stat(b.p, &st) == 0;
	buf_release(&b);
	return there;
}

/* Does dir's pyproject.toml speak of a workspace? A look at the text suffices
 * to choose a root; the front end reads it properly. */
static bool
is_workspace(const char *dir)
{
	struct buf path = { 0 }, text = { 0 };
	bool is = false;

	buf_addf(&path, "%s/pyproject.toml", dir);
	if (file_read(path.p, &text, NULL) == 1)
		is = strstr(text.p, "[tool.uv.workspace]") ||
		     strstr(text.p, "[tool.hatch.workspace]");
	buf_release(&path);
	buf_release(&text);
	return is;
}

/* Somebody's whole home, or the whole disk, without a sign of a project: what
 * is begun there takes long, and makes it the root of all that is below. */
static bool
is_no_project(const char *dir)
{
	static const char *const signs[] = {
		"pyproject.toml", "setup.py", "setup.cfg", "pytest.ini",
		"tox.ini", "conftest.py", "tgraph.ninja",
	};
	const char *home = getenv("HOME");

	if (strcmp(dir, "/") != 0 && (!home || strcmp(dir, home) != 0))
		return false;
	for (size_t i = 0; i < countof(signs); i++)
		if (exists_in(dir, signs[i]))
			return false;
	return true;
}

/* The nearest directory upwards that is a root; cwd itself if there is none.
 * Returns whether there is one. */
static bool
find_root(struct session *s, const char *cwd)
{
	struct str dir = str_of(cwd);
	char *name;
	bool found = false;

	for (;; dir = path_dir(dir)) {
		name = xmemdup0(dir.p, dir.n);
		found = exists_in(name, STATE_DIR) || exists_in(name, ".git") ||
		        is_workspace(name);
		free(name);
		if (found || dir.n <= 1)
			break;
	}
	buf_addstr(&s->root, found ? dir : str_of(cwd));
	if (found && dir.n < strlen(cwd))
		buf_adds(&s->below, cwd + dir.n + (dir.n > 1));
	return found;
}

/* Where rules and what is in Python lie: beside the executable in a build tree
 * of this source, else where it was installed. */
void
session_find_data(struct session *s)
{
	struct buf self = { 0 }, data = { 0 };
	struct str dir;

	if (s->rules.n)
		return;
	if (os_self(&self, NULL) == 0) {
		dir = path_dir(path_dir(buf_str(&self)));
		buf_addf(&data, "%.*s/share/tgraph", (int)dir.n, dir.p);
	}
	if (!data.n || !exists_in(data.p, "rules")) {
		buf_clear(&data);
		buf_adds(&data, TG_DATADIR);
	}
	dir = path_dir(buf_str(&self));
	self.p[dir.n] = '\0';
	if (exists_in(self.p, "config.mk") && exists_in(TG_SRCDIR, "rules")) {
		buf_addf(&s->rules, "%s/rules", TG_SRCDIR);
		buf_addf(&s->pytgraph, "%s/src/pytgraph", TG_SRCDIR);
		buf_addf(&s->browse, "%s/src/browse/browse.py", TG_SRCDIR);
	} else {
		buf_addf(&s->rules, "%s/rules", data.p);
		buf_addf(&s->pytgraph, "%s/pytgraph", data.p);
		buf_addf(&s->browse, "%s/browse/browse.py", data.p);
	}
	buf_release(&self);
	buf_release(&data);
}

void
session_find_observe(struct session *s)
{
	static const char name[] = "libtgraph-observe.so";
	struct buf self = { 0 };
	struct str dir;

	if (!HAVE_OBSERVE || s->observe.n || os_self(&self, NULL) < 0)
		return;
	dir = path_dir(buf_str(&self));
	buf_addf(&s->observe, "%.*s/%s", (int)dir.n, dir.p, name);
	if (access(s->observe.p, R_OK) < 0) {
		dir = path_dir(dir);
		buf_clear(&s->observe);
		buf_addf(&s->observe, "%.*s/lib/tgraph/%s", (int)dir.n, dir.p,
		         name);
	}
	if (access(s->observe.p, R_OK) < 0) {
		buf_clear(&s->observe);
		buf_addf(&s->observe, "%s/%s", TG_LIBDIR, name);
	}
	/* A list in a variable: it cannot have these in it. */
	if (access(s->observe.p, R_OK) < 0 || strpbrk(s->observe.p, ": "))
		buf_clear(&s->observe);
	buf_addf(&s->observe_dir, "%s/" STATE_DIR "/observe", s->root.p);
	buf_release(&self);
}

/* What is read: the file of -f, else build.ninja where it stands alone, else
 * the repository. */
static int
find_manifest(struct session *s, struct err *err)
{
	const struct options *o = s->o;

	if (o->file)
		buf_adds(&s->manifest, o->file);
	else if (o->ninja || (!exists_in(".", "tgraph.ninja") &&
	                      exists_in(".", "build.ninja")))
		buf_adds(&s->manifest, "build.ninja");
	s->python = s->manifest.n == 0;
	if (s->python || !o->for_python)
		return 0;
	return err_code(err, EXIT_USAGE, "%s%s is for Python repositories; "
	                "here steps are those of the ninja file %s",
	                o->for_python[1] ? "--" : "-", o->for_python,
	                s->manifest.p);
}

static int
find_repository(struct session *s, const char *cwd, struct err *err)
{
	if (!find_root(s, cwd) && !s->o->tool && is_no_project(cwd))
		return err_code(err, EXIT_USAGE, "%s: there is no project "
		                "here (no pyproject.toml, setup.py, .git "
		                "...); go to one, or name it by -C", cwd);
	session_find_data(s);
	if (exists_in(s->root.p, "tgraph.ninja"))
		buf_adds(&s->user_manifest, "tgraph.ninja");
	return 0;
}

/* A path of the command line, which is as seen from where the user was. */
static void
place_path(const char *cwd, const char *path, struct buf *out)
{
	if (path && *path)
		path_join(out, str_of(cwd), str_of(path));
}

static void
place_paths(struct session *s, const char *cwd)
{
	const struct options *o = s->o;
	const char *from = s->below.n ? cwd : "";

	place_path(from, o->junit, &s->junit);
	place_path(from, o->json, &s->json);
	place_path(from, o->trace, &s->trace);
	place_path(from, o->cache.n ? o->cache.v[0] : NULL, &s->cache);
}

/* A tgraph that a test of another one runs has the library of that in LD_PRELOAD:
 * it is not of the user's environment. */
static void
hide_observe(void)
{
	const char *list = getenv("LD_PRELOAD");
	struct buf rest = { 0 };

	if (!list || !strstr(list, "libtgraph-observe.so"))
		return;
	while (*list) {
		size_t n = strcspn(list, ": ");

		if (!str_is(path_base((struct str){ list, n }),
		            "libtgraph-observe.so"))
			buf_addf(&rest, "%s%.*s", rest.n ? ":" : "", (int)n,
			         list);
		list += n + (list[n] != '\0');
	}
	if (rest.n)
		setenv("LD_PRELOAD", rest.p, 1);
	else
		unsetenv("LD_PRELOAD");
	buf_release(&rest);
}

int
session_place(struct session *s, const struct options *o, struct err *err)
{
	struct buf cwd = { 0 };
	int r = -1;

	s->o = o;
	hide_observe();
	if (os_cwd(&cwd, err) < 0 || find_manifest(s, err) < 0)
		goto out;
	if (!s->python)
		buf_addstr(&s->root, buf_str(&cwd));
	else if (find_repository(s, cwd.p, err) < 0)
		goto out;
	place_paths(s, cwd.p);
	r = 0;
	if (s->below.n && chdir(s->root.p) < 0)
		r = err_code(err, EXIT_ENV, "chdir %s: %s", s->root.p,
		             strerror(errno));
out:
	buf_release(&cwd);
	return r;
}

int
session_releases(struct buf *out)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *end = "/tgraph";
	struct stat st;

	if (!dir || dir[0] != '/') {
		dir = getenv("HOME");
		end = "/.config/tgraph";
	}
	if (!dir || dir[0] != '/')
		return 0;
	buf_addf(out, "%s%s/python-releases", dir, end);
	return stat(out->p, &st) == 0;
}

void
session_path(const struct session *s, struct str word, struct buf *out)
{
	struct str root = buf_str(&s->root);

	if (word.n && word.p[0] == '/' && path_below(word, root)) {
		if (word.n > root.n)
			buf_add(out, word.p + root.n + 1, word.n - root.n - 1);
		return;
	}
	path_join(out, buf_str(&s->below), word);
	if (str_is(buf_str(out), "."))
		buf_clear(out);
}
