/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TG_PYTHON_INTERP_INTERP_H
#define TG_PYTHON_INTERP_INTERP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/err.h"
#include "util/file.h"
#include "util/str.h"

enum interp_source {
	INTERP_VIRTUAL_ENV,     /* $VIRTUAL_ENV */
	INTERP_CONDA,           /* $CONDA_PREFIX, but for conda's base */
	INTERP_DOT_VENV,        /* .venv, or venv, of the root */
	INTERP_PATH,
	INTERP_PYENV,
	INTERP_UV,
	INTERP_PREFIX,          /* /usr/bin, /usr/local/bin, /opt ... */
	INTERP_GIVEN,           /* by path, on the command line */
};

enum interp_state {
	INTERP_CANDIDATE,       /* not run yet: only path, source, guess count */
	INTERP_OK,
	INTERP_BAD,             /* does not run; error says why */
};

/* An entry point of the group pytest11: a plugin that pytest loads. */
struct interp_plugin {
	struct str dist, version;       /* distribution and its version */
	struct str name, module;
};

struct interp_dist {
	struct str name, version;       /* name normalised (PEP 503) */
	struct str path;                /* its .dist-info or .egg-info */
};

/* A top-level module that an editable install's import hook finds. */
struct interp_editable {
	struct str name, path;          /* of the package's directory, or file */
};

/* A file or directory and what it was like. */
struct interp_watch {
	struct str path;
	struct file_sig sig;
};

/* An interpreter. From probing on, what it says of itself. */
struct interp {
	enum interp_state state;
	enum interp_source source;
	bool active;            /* the one used when nothing else is said */
	struct str path;        /* absolute: what commands name */
	struct str real;        /* with symlinks and shims resolved */
	int major, minor;       /* from the file's name until probed; 0: unknown */
	int micro;              /* likewise; -1: unknown */
	bool gil_disabled;      /* likewise */
	struct str error;       /* INTERP_BAD */
	bool passing;           /* the error may be of that time only: it was
	                         * killed, or had no time to answer; it is not
	                         * remembered */
	int64_t when;           /* it was asked, ns since 1970 */

	struct str release;     /* "final", "alpha", "beta", "candidate" */
	struct str version;     /* "3.13.0" or "3.15.0a2", as PEP 440 */
	struct str implementation;      /* "cpython", "pypy" */
	struct str cache_tag, soabi, abiflags, platform;
	struct str prefix, base_prefix; /* differ in a virtual environment */
	struct str stdlib, platstdlib;
	struct str executable;  /* sys.executable */
	struct str libpython;   /* shared library, "" if none was found */
	struct str *sys_path;   /* without ""; what PYTHONPATH adds is in it */
	size_t nsys_path;
	struct str *site_dirs;  /* those of sys_path that are not the standard
	                         * library: site-packages, editable installs,
	                         * PYTHONPATH */
	size_t nsite_dirs;
	struct interp_editable *editables;      /* by an import hook, not by
	                                         * sys.path */
	size_t neditables;
	struct interp_watch *watched;   /* a change of these outdates the probe */
	size_t nwatched;
	struct interp_dist *dists;
	size_t ndists;
	struct interp_plugin *plugins;
	size_t nplugins;
	struct str pytest;      /* version; "" if it cannot be imported */
	struct str coverage;    /* likewise */
};

struct interps {
	struct arena arena;
	struct interp *v;       /* active first, then newest first by source */
	size_t n;
	struct str root;        /* where probes run */
	struct str state_file;  /* cache of probes; "" for none */
	bool read_only;         /* it is not to be written */
	size_t cap;
	struct str *wanted;     /* .python-version(s) of the root, in order */
	size_t nwanted;
	struct str *path;       /* $PATH, split */
	size_t npath;
};

/* Where to look. Strings may be NULL. */
struct interp_where {
	const char *root;       /* absolute */
	const char *state_dir;  /* where the cache of probes is; NULL: none */
	bool read_only;         /* nothing is to be written there */
	const char *path, *home, *virtual_env, *conda_prefix, *conda_env,
		*pyenv_root, *pyenv_version, *uv_dir, *xdg_data_home;        /* the environment's */
	const char *prefixes;   /* colon-separated bin directories; NULL: the
	                         * usual ones */
};

/* Fills w from the environment (PATH, HOME, VIRTUAL_ENV, CONDA_PREFIX,
 * CONDA_DEFAULT_ENV, PYENV_ROOT, PYENV_VERSION, UV_PYTHON_INSTALL_DIR, XDG_DATA_HOME). */
void interp_where_env(struct interp_where *w, const char *root,
	const char *state_dir);
/* Lists the candidates without running any; probes that the cache vouches for
 * are filled in. Duplicates (same file) are dropped. -1: never for a missing
 * directory, only if the cache's directory cannot be read. */
int interps_find(struct interps *in, const struct interp_where *w,
	struct err *err);
/* Adds an interpreter by path or bare name (looked up in PATH): 1 added or
 * already there (*at is its number), 0 no such executable. */
int interps_add(struct interps *in, struct str name, size_t *at);
/* Runs those of v[which[0..n)] that are still candidates, all at once, each
 * for at most 20 seconds, and sets their state. Updates the cache. -1: the
 * processes could not be started at all. */
int interps_probe(struct interps *in, const size_t *which, size_t n,
	struct err *err);
/* The interpreter for major.minor that should be used: the active one if it
 * fits, else by source, else (candidates of unknown version) probing; n if
 * there is none. */
size_t interps_pick(struct interps *in, int major, int minor,
	struct err *err);
void interps_release(struct interps *in);
/* The installed distribution of that (normalised) name, or NULL. */
const struct interp_dist *interp_dist(const struct interp *in,
	struct str name);

#endif
