/* SPDX-License-Identifier: Apache-2.0 */
#include "python/interp/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/mem.h"
#include "util/os.h"

/* How long an interpreter may take to say what it is, and how much. */
#define PROBE_NS (20 * INT64_C(1000000000))
#define PROBE_BYTES ((size_t)64 << 20)

/* Runs under any Python 3. Lines "key TAB value TAB ...", '%' escapes; "end"
 * is the last. */
static const char script[] =
"import sys\n"
"sys.path[:] = [p for p in sys.path if p]\n"
"import os\n"
"out = []\n"
"def esc(v):\n"
"    b = os.fsencode(v) if isinstance(v, str) else str(v).encode()\n"
"    for c in b'%\\t\\n\\r':\n"
"        c = bytes([c])\n"
"        b = b.replace(c, b'%%%02x' % ord(c))\n"
"    return b\n"
"def put(*v):\n"
"    out.append(b'\\t'.join(esc(x) for x in v) + b'\\n')\n"
"def done():\n"
"    put('end')\n"
"    sys.stdout.buffer.write(b''.join(out))\n"
"    sys.stdout.buffer.flush()\n"
"import sysconfig\n"
"v = sys.version_info\n"
"im = sys.implementation\n"
"put('version', v[0], v[1], v[2], v[3], v[4])\n"
"put('implementation', im.name)\n"
"put('cache_tag', im.cache_tag or '')\n"
"cv = sysconfig.get_config_var\n"
"put('soabi', cv('SOABI') or '')\n"
"put('abiflags', getattr(sys, 'abiflags', ''))\n"
"put('platform', sysconfig.get_platform())\n"
"put('gil_disabled', 1 if cv('Py_GIL_DISABLED') else 0)\n"
"put('prefix', sys.prefix)\n"
"put('base_prefix', sys.base_prefix)\n"
"std = sysconfig.get_path('stdlib') or ''\n"
"plat = sysconfig.get_path('platstdlib') or std\n"
"put('stdlib', std)\n"
"put('platstdlib', plat)\n"
"put('executable', sys.executable or '')\n"
"lib = ''\n"
"if cv('Py_ENABLE_SHARED'):\n"
"    lib = os.path.join(cv('LIBDIR') or '', cv('INSTSONAME') or '')\n"
"    if not os.path.isfile(lib):\n"
"        lib = ''\n"
"put('libpython', lib)\n"
"def key(p):\n"
"    return os.path.normcase(os.path.realpath(p))\n"
"own = set(key(p) for p in (std, plat, os.path.dirname(os.__file__)))\n"
"own |= set(os.path.join(p, 'lib-dynload') for p in list(own))\n"
"zipped = 'python%d%d.zip' % v[:2]\n"
"for p in sys.path:\n"
"    put('path', p)\n"
"    if key(p) not in own and os.path.basename(p) not in (zipped,) and \\\n"
"            os.path.exists(p):\n"
"        put('site', p)\n"
"watch = list(sys.path)\n"
"try:\n"
"    import site\n"
"    watch += site.getsitepackages()\n"
"    if site.ENABLE_USER_SITE:\n"
"        watch.append(site.getusersitepackages())\n"
"except Exception:\n"
"    pass\n"
"for p in dict.fromkeys(watch):\n"
"    put('watch', os.path.abspath(p))\n"
"for f in list(sys.meta_path):\n"
"    m = sys.modules.get(getattr(f, '__module__', ''))\n"
"    for n, p in sorted((getattr(m, 'MAPPING', None) or {}).items()):\n"
"        if isinstance(n, str) and isinstance(p, str):\n"
"            put('editable', n, p)\n"
"class Unusual(Exception):\n"
"    pass\n"
"def read(*at):\n"
"    try:\n"
"        with open(os.path.join(*at), encoding='utf-8') as f:\n"
"            return f.read()\n"
"    except FileNotFoundError:\n"
"        return None\n"
"def plugins(text):\n"
"    group = None\n"
"    for line in text.splitlines():\n"
"        word = line.strip()\n"
"        if not word or word[0] in '#;':\n"
"            continue\n"
"        if line[:1].isspace():\n"
"            raise Unusual\n"
"        if word[0] == '[' and word[-1] == ']':\n"
"            group = word[1:-1]\n"
"        elif group == 'pytest11':\n"
"            name, eq, value = word.partition('=')\n"
"            if not eq:\n"
"                raise Unusual\n"
"            yield name.strip(), value.strip()\n"
"def found():\n"
"    if v < (3, 8) or any(hasattr(f, 'find_distributions') and\n"
"            getattr(f, '__name__', '') != 'PathFinder'\n"
"            for f in sys.meta_path):\n"
"        raise Unusual\n"
"    for p in sys.path:\n"
"        if not os.path.exists(p):\n"
"            continue\n"
"        if p != os.path.abspath(p) or p.lower().endswith('.egg'):\n"
"            raise Unusual\n"
"        for n in os.listdir(p):\n"
"            if not n.lower().endswith(('.dist-info', '.egg-info')):\n"
"                continue\n"
"            text = read(p, n, 'METADATA') or read(p, n, 'PKG-INFO')\n"
"            name = version = None\n"
"            for line in (text or '').splitlines():\n"
"                if not line:\n"
"                    break\n"
"                k, _, value = line.partition(':')\n"
"                k = k.lower()\n"
"                if k == 'name' and name is None:\n"
"                    name = value.strip()\n"
"                elif k == 'version' and version is None:\n"
"                    version = value.strip()\n"
"            if not name or not version:\n"
"                raise Unusual\n"
"            yield (name, version, os.path.join(p, n),\n"
"                   list(plugins(read(p, n, 'entry_points.txt') or '')))\n"
"def asked():\n"
"    from importlib import metadata\n"
"    for d in metadata.distributions():\n"
"        yield (d.metadata['Name'], d.version,\n"
"               str(getattr(d, '_path', '') or ''),\n"
"               [(e.name, e.value) for e in d.entry_points\n"
"                if e.group == 'pytest11'])\n"
"seen = {}\n"
"try:\n"
"    dists = list(found())\n"
"except (Unusual, OSError, UnicodeError):\n"
"    try:\n"
"        dists = list(asked())\n"
"    except ImportError:\n"
"        dists = []\n"
"for n, version, path, entries in dists:\n"
"    n = (n or '').lower().replace('_', '-').replace('.', '-')\n"
"    while '--' in n:\n"
"        n = n.replace('--', '-')\n"
"    if not n or n in seen:\n"
"        continue\n"
"    seen[n] = version\n"
"    put('dist', n, version, path)\n"
"    for e in entries:\n"
"        put('plugin', n, version, *e)\n"
"from importlib.util import find_spec\n"
"for n in ('pytest', 'coverage'):\n"
"    try:\n"
"        there = find_spec(n) is not None\n"
"    except Exception:\n"
"        there = False\n"
"    if there and n not in seen:\n"
"        try:\n"
"            seen[n] = __import__(n).__version__\n"
"        except Exception:\n"
"            there = False\n"
"    put(n, seen[n] if there else '')\n"
"done()\n";

struct run {
	struct interp *it;
	pid_t pid;              /* 0: not running */
	int out, errors;        /* -1: closed */
	struct buf text, log;
};

static void
probe_child(const char *path, const char *dir, int out, int errors)
{
	char *argv[] = { (char *)path, (char *)"-c", (char *)script, NULL };
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 ||
	    dup2(errors, 2) < 0 || chdir(dir) < 0)
		_exit(127);
	execv(path, argv);
	_exit(127);
}

/* A pipe that other children do not inherit. */
static int
pipe_make(int fds[2])
{
	if (pipe(fds) < 0)
		return -1;
	fcntl(fds[0], F_SETFD, FD_CLOEXEC);
	fcntl(fds[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static int
start_probe(struct run *r, const char *dir)
{
	int out[2] = { -1, -1 }, errors[2] = { -1, -1 };

	r->it->when = os_wall();
	if (pipe_make(out) < 0)
		return -1;
	if (pipe_make(errors) < 0)
		goto fail;
	r->pid = fork();
	if (r->pid < 0)
		goto fail;
	if (r->pid == 0)
		probe_child(r->it->path.p, dir, out[1], errors[1]);
	setpgid(r->pid, r->pid);
	close(out[1]);
	close(errors[1]);
	r->out = out[0];
	r->errors = errors[0];
	return 0;
fail:
	r->pid = 0;
	close(out[0]);
	close(out[1]);
	if (errors[0] >= 0) {
		close(errors[0]);
		close(errors[1]);
	}
	return -1;
}

static void
bad(struct interps *in, struct interp *it, struct str why)
{
	it->state = INTERP_BAD;
	it->error = arena_dup(&in->arena, why);
}

/* Reads what is there; closes at the end. */
static void
drain(int *fd, struct buf *b, size_t max)
{
	ssize_t n;

	buf_reserve(b, 65536);
	n = read(*fd, b->p + b->n, 65536);
	if (n > 0) {
		b->n += (size_t)n;
		b->p[b->n] = 0;
	}
	if (n == 0 || (n < 0 && errno != EINTR) || b->n > max) {
		close(*fd);
		*fd = -1;
	}
}

/* The last line of what it wrote to stderr. */
static struct str
last_line(struct buf *log)
{
	struct str s = buf_str(log);
	size_t at;

	while (s.n && strchr("\r\n ", s.p[s.n - 1]))
		s.n--;
	for (at = s.n; at > 0 && s.p[at - 1] != '\n'; at--)
		;
	return (struct str){ s.p + at, s.n - at };
}

static void
conclude(struct interps *in, struct run *r, int status)
{
	struct buf why = {0};

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
	    interp_report_read(in, r->it, buf_str(&r->text))) {
		r->it->state = INTERP_OK;
		return;
	}
	r->it->passing = WIFSIGNALED(status);
	if (WIFSIGNALED(status))
		buf_addf(&why, "it died of signal %d", WTERMSIG(status));
	else if (r->log.n)
		buf_addstr(&why, last_line(&r->log));
	else
		buf_addf(&why, "it exited with code %d and no report",
			WEXITSTATUS(status));
	bad(in, r->it, buf_str(&why));
	buf_release(&why);
}

/* Ends what is left of a process and its group. */
static void
finish(struct interps *in, struct run *r, bool late)
{
	int status = 0;

	if (r->out >= 0)
		close(r->out);
	if (r->errors >= 0)
		close(r->errors);
	r->out = r->errors = -1;
	if (late)
		kill(-r->pid, SIGKILL);
	while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	kill(-r->pid, SIGKILL);
	r->pid = 0;
	r->it->passing = late;
	if (late)
		bad(in, r->it, STR("it said nothing for 20 seconds"));
	else
		conclude(in, r, status);
}

/* Waits for output of any; false: the time is up. */
static bool
wait_some(struct run *runs, size_t n, int64_t end)
{
	struct pollfd *p = xcalloc(n * 2, sizeof(*p));
	int64_t left = end - os_now();
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		p[2 * i] = (struct pollfd){ runs[i].out, POLLIN, 0 };
		p[2 * i + 1] = (struct pollfd){ runs[i].errors, POLLIN, 0 };
	}
	r = left > 0 ? poll(p, (nfds_t)(n * 2), (int)(left / 1000000) + 1) : 0;
	for (i = 0; r > 0 && i < n; i++) {
		if (p[2 * i].revents)
			drain(&runs[i].out, &runs[i].text, PROBE_BYTES);
		if (p[2 * i + 1].revents)
			drain(&runs[i].errors, &runs[i].log, 1 << 20);
	}
	free(p);
	return r != 0;
}

static void
wait_all(struct interps *in, struct run *runs, size_t n)
{
	int64_t end = os_now() + PROBE_NS;
	size_t i, left = n;
	bool late = false;

	for (i = 0; i < n; i++)
		left -= runs[i].pid == 0;
	while (left) {
		late = late || !wait_some(runs, n, end);
		for (i = 0; i < n; i++) {
			struct run *r = &runs[i];
			bool complete = r->out < 0 && r->errors < 0;

			if (r->pid == 0 || !(late || complete))
				continue;
			finish(in, r, late && !complete);
			left--;
		}
	}
}

int
interps_probe(struct interps *in, const size_t *which, size_t n,
	struct err *err)
{
	struct run *runs = xcalloc(n + 1, sizeof(*runs));
	size_t i, k, begun = 0, failed = 0;

	for (i = 0; i < n; i++) {
		struct run *r = &runs[begun];

		*r = (struct run){ .it = &in->v[which[i]], .out = -1,
			.errors = -1 };
		if (r->it->state != INTERP_CANDIDATE)
			continue;
		for (k = 0; k < begun && runs[k].it != r->it; k++)
			;
		if (k < begun)
			continue;
		if (start_probe(r, in->root.p) < 0)
			failed = (size_t)errno;
		else
			begun++;
	}
	wait_all(in, runs, begun);
	for (i = 0; i < begun; i++) {
		buf_release(&runs[i].text);
		buf_release(&runs[i].log);
	}
	free(runs);
	if (begun)
		interp_cache_save(in);
	if (failed && !begun)
		return err_code(err, EXIT_ENV,
			"cannot start an interpreter: %s",
			strerror((int)failed));
	return 0;
}
