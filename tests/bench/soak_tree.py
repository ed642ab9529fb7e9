# SPDX-License-Identifier: Apache-2.0
"""The workspace of soak.py: test files that each look at something in a way of
their own, and how that is edited.

A Kind is a test file: what its test computes (body sets value), the files that
are there at first, and edits, functions of a Tree. @R@ is the workspace, @P@
the package that the file is in, @O@ a directory outside.
"""

import os
import random
import shutil
import sqlite3
import stat
import subprocess

PACKAGES = ("alpha", "beta", "gamma", "delta")


class Tree:
    """The files, by paths from the workspace or absolute, and the environment.
    Each change can be undone."""

    def __init__(self, root, out, seed):
        self.root, self.out = root, out
        self.random = random.Random(seed)
        self.env = {}
        self.log = []           # [(name, [how it was before])]
        self.before = None
        self.names = {"@R@": root, "@O@": out + "/out", "@B@": out + "/bin"}

    def fill(self, text):
        for name, stands in self.names.items():
            text = text.replace(name, stands)
        return text

    def of(self, kind):
        """Whose names are meant from here on."""
        package = "%s/%s" % (self.root, kind.package)
        tests = package + "/tests"
        if kind.apart:
            tests += "/" + kind.name
        self.names.update({"@P@": package, "@N@": kind.package, "@T@": tests})

    def at(self, path):
        return os.path.join(self.root, self.fill(path))

    def value(self):
        return "v" + str(self.random.randrange(10 ** self.random.choice(
            (1, 3, 6))))

    # What was where, so that it can be put back.

    def keep(self, path):
        if self.before is None:
            return
        path = self.at(path)
        try:
            st = os.lstat(path)
        except OSError:
            self.before.append((path, "absent", None))
            return
        if stat.S_ISLNK(st.st_mode):
            self.before.append((path, "link", os.readlink(path)))
        elif stat.S_ISDIR(st.st_mode):
            self.before.append((path, "dir", st.st_mode))
        else:
            with open(path, "rb") as f:
                self.before.append((path, "file", (f.read(), st.st_mode)))

    def put_back(self, before):
        for path, what, how in reversed(before):
            if what == "env":
                self.set_env(path, how)
                continue
            self.keep(path)
            if what == "dir":
                os.makedirs(path, exist_ok=True)
                os.chmod(path, stat.S_IMODE(how))
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.unlink(path)
            if what == "absent":
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if what == "link":
                os.symlink(how, path)
            else:
                with open(path, "wb") as f:
                    f.write(how[0])
                os.chmod(path, stat.S_IMODE(how[1]))

    def begin(self):
        self.before = []

    def end(self, name):
        self.log.append((name, self.before))
        del self.log[:-12]
        self.before = None

    # Edits.

    def write(self, path, text):
        self.keep(path)
        path = self.at(path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.islink(path):
            os.unlink(path)
        with open(path, "wb") as f:
            f.write(self.fill(text).encode())

    def read(self, path):
        with open(self.at(path), encoding="utf-8") as f:
            return f.read()

    def remove(self, path):
        if os.path.lexists(self.at(path)):
            self.keep(path)
            os.unlink(self.at(path))

    def link(self, target, path):
        self.remove(path)
        self.keep(path)
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
        os.symlink(self.fill(target), self.at(path))

    def chmod(self, path, mode):
        self.keep(path)
        os.chmod(self.at(path), mode)

    def rename(self, old, new):
        self.keep(old)
        self.keep(new)
        os.rename(self.at(old), self.at(new))

    def copy(self, old, new):
        with open(self.at(old), "rb") as f:
            content = f.read()
        mode = stat.S_IMODE(os.stat(self.at(old)).st_mode)
        self.keep(new)
        new = self.at(new)
        os.makedirs(os.path.dirname(new), exist_ok=True)
        # programs may run: never written into
        with open(new + ".new", "wb") as f:
            f.write(content)
        os.chmod(new + ".new", mode)
        os.rename(new + ".new", new)

    def set_env(self, name, value):
        if self.before is not None:
            self.before.append((name, "env", self.env.get(name)))
        if value is None:
            self.env.pop(name, None)
        else:
            self.env[name] = self.fill(value)

    def flip(self, path, text="x\n"):
        """There or not."""
        if os.path.lexists(self.at(path)):
            self.remove(path)
        else:
            self.write(path, text)


class Kind:
    """See above."""

    def __init__(self, name, body, files, *edits):
        self.name, self.body = name, body
        self.files, self.edits = files, edits
        self.package = None
        # in a directory of its own
        self.apart = any("@T@" in f for f in files) or name in (
            "conftest", "optional", "shadowed")


# ---- edits that many have ----

def value(path, form="%s\n"):
    """A file with another value in it."""
    return lambda t: t.write(path, form % t.value())


def gone(path, form="%s\n"):
    """A file that comes and goes."""
    return lambda t: t.flip(path, form % t.value())


def variable(name, *values):
    def edit(t):
        t.set_env(name, t.random.choice(values) if values
                  else t.random.choice((None, t.value())))
    return edit


def other(path, *modes):
    """Another mode."""
    return lambda t: t.chmod(path, t.random.choice(modes))


def led(path, *targets):
    """A link that leads elsewhere."""
    return lambda t: t.link(t.random.choice(targets), path)


def names(directory, *some):
    """A name comes or goes."""
    return lambda t: t.flip(directory + "/" + t.random.choice(some))


def programs(path, *variants):
    return lambda t: t.copy(t.random.choice(variants), path)


def database(path):
    def edit(t):
        new = t.value()
        t.keep(path)
        if os.path.exists(t.at(path)):
            os.unlink(t.at(path))
        os.makedirs(os.path.dirname(t.at(path)), exist_ok=True)
        with sqlite3.connect(t.at(path)) as db:
            db.execute("create table t (v text)")
            db.execute("insert into t values (?)", (new,))
        db.close()
    return edit


MODULE = 'VALUE = "%s"\n'

C_READER = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	FILE *f = fopen(argv[1], "r");
	int c;
	const char *e = argc > 2 ? getenv(argv[2]) : NULL;
	while (f && (c = getc(f)) != EOF)
		putchar(c);
	printf("%s " MARK "\n", f ? e ? e : "unset" : "absent");
	return 0;
}
"""

EXTENSION = r"""
#include <Python.h>
static struct PyModuleDef def = { PyModuleDef_HEAD_INIT, "@NAME@", NULL, -1,
	NULL, NULL, NULL, NULL, NULL };
PyMODINIT_FUNC PyInit_@NAME@(void)
{
	PyObject *m = PyModule_Create(&def);
	if (m)
		PyModule_AddStringConstant(m, "VALUE", MARK);
	return m;
}
"""

GO_READER = """
package main

import ("fmt"; "os")

func main() {
	b, err := os.ReadFile(os.Args[1])
	fmt.Println(string(b), err != nil)
}
"""


def compile_programs(bin, python, go):
    """Builds what tests start. Returns the names of what could not be built."""
    missing = []

    def cc(name, *words):
        command = ["cc", "-o", "%s/%s" % (bin, name)] + list(words)
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            missing.append(name)

    os.makedirs(bin, exist_ok=True)
    with open(bin + "/reader.c", "w", encoding="utf-8") as f:
        f.write(C_READER)
    for mark in "ab":
        cc("reader-" + mark, '-DMARK="%s"' % mark, bin + "/reader.c")
        cc("static-" + mark, "-static", '-DMARK="%s"' % mark,
           bin + "/reader.c")
    include = subprocess.check_output(
        [python, "-c", "import sysconfig as s; print(s.get_path('include'))"],
        text=True).strip()
    for name in "native", "late":
        with open("%s/%s.c" % (bin, name), "w", encoding="utf-8") as f:
            f.write(EXTENSION.replace("@NAME@", name))
        for mark in "ab":
            cc("%s-%s.so" % (name, mark), "-shared", "-fPIC", "-I" + include,
               '-DMARK="%s"' % mark, "%s/%s.c" % (bin, name))
    if go:
        os.makedirs(bin + "/go", exist_ok=True)
        with open(bin + "/go/main.go", "w", encoding="utf-8") as f:
            f.write(GO_READER)
        env = dict(os.environ, GO111MODULE="off", GOFLAGS="", CGO_ENABLED="0",
                   GOCACHE=os.environ.get("GOCACHE", bin + "/gocache"))
        if subprocess.run([go, "build", "-o", bin + "/go-reader",
                           bin + "/go/main.go"], env=env,
                          stderr=subprocess.DEVNULL).returncode:
            missing.append("go-reader")
    else:
        missing.append("go-reader")
    return missing


def info(name, version):
    return "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)


def entries(target):
    return "[soak]\none = %s\n" % target


def kinds(missing):
    """All kinds but those whose programs are missing."""
    K = Kind
    run = "subprocess.check_output(%s, text=True)"
    all = [
        K("sibling", 'value = text("@R@/beta/data/sib.txt")',
          {"beta/data/sib.txt": "v\n"}, value("beta/data/sib.txt"),
          gone("beta/data/sib.txt")),
        K("outside", 'value = text("@O@/data.txt")',
          {"@O@/data.txt": "v\n"}, value("@O@/data.txt"),
          gone("@O@/data.txt")),
        K("ignored", 'value = text("@R@/ignored/data.txt")',
          {"ignored/data.txt": "v\n"}, value("ignored/data.txt"),
          gone("ignored/data.txt")),
        K("collected", "value = DATA", {"@P@/data/cases.txt": "a b\n"},
          value("@P@/data/cases.txt", "a %s\n")),
        K("listed", 'value = sorted(os.listdir("@R@/alpha/data/listed"))',
          {"alpha/data/listed/one": ""},
          names("alpha/data/listed", "one", "two", "three"),
          value("alpha/data/listed/one")),
        K("scanned", """
value = sorted((e.name, e.is_dir()) for e in os.scandir("@O@/scanned"))""",
          {"@O@/scanned/one": ""},
          names("@O@/scanned", "one", "two", "three/x")),
        K("globbed", """
value = sorted(str(p) for p in pathlib.Path("@R@/gamma/tree").rglob("*.cfg"))
value += glob.glob("@R@/gamma/tree/a/*.txt")""",
          {"gamma/tree/a/x.cfg": "", "gamma/tree/b/y.txt": ""},
          names("gamma/tree", "a/z.cfg", "b/z.cfg", "a/n.txt", "b/n.txt")),
        K("walked", """
value = sorted((d, sorted(fs)) for d, _, fs in os.walk("@O@/walk"))""",
          {"@O@/walk/a/x": "", "@O@/walk/b/c/y": ""},
          names("@O@/walk", "a/z", "b/z", "b/c/n", "d/m")),
        K("absent", """
value = [os.path.exists(p) for p in ("@R@/maybe.cfg", "@O@/maybe", "@P@/m")]""",
          {}, gone("maybe.cfg"), gone("@O@/maybe"), gone("@P@/m")),
        K("upward", """
at = pathlib.Path("@P@/data/deep/er")
value = None
while value is None and at != at.parent:
    if (at / "soak.cfg").is_file():
        value = (str(at), (at / "soak.cfg").read_text())
    at = at.parent""", {"soak.cfg": "v\n", "@P@/data/deep/er/x": ""},
          value("soak.cfg"), gone("@P@/soak.cfg"), gone("@P@/data/soak.cfg")),
        K("mode", """
value = [oct(os.stat("@P@/data/mode").st_mode), os.access("@O@/exe", os.X_OK)]
""", {"@P@/data/mode": "v\n", "@O@/exe": "x\n"},
          other("@P@/data/mode", 0o644, 0o600, 0o755),
          other("@O@/exe", 0o644, 0o755)),
        K("size", 'value = os.path.getsize("@O@/size")', {"@O@/size": "1234"},
          value("@O@/size")),
        K("links", """
value = [os.readlink("@R@/links/a"), text("@R@/links/a/x"), text("@O@/l")]""",
          {"links/one/x": "1\n", "links/two/x": "2\n", "@O@/t1": "1\n",
           "@O@/t2": "2\n", "links/a": "-> one", "@O@/l": "-> t1"},
          led("links/a", "one", "two"), led("@O@/l", "t1", "t2", "nowhere"),
          value("links/two/x")),
        K("environ", 'value = os.environ.get("SOAK_A")', {},
          variable("SOAK_A")),
        K("environb", 'value = os.environb.get(b"SOAK_B")', {},
          variable("SOAK_B")),
        K("environs", """
value = sorted((k, v) for k, v in os.environ.items() if k.startswith("SOAK"))
""", {}, variable("SOAK_C"), variable("SOAK_D")),
        K("getenv", """
lib = ctypes.CDLL(None)
lib.getenv.restype = ctypes.c_char_p
value = lib.getenv(b"SOAK_E")""", {}, variable("SOAK_E")),
        K("source", """
import @N@.core
value = [inspect.getsource(@N@.core), text("@R@/beta/src/beta/core.py"),
         linecache.getline("@R@/alpha/src/alpha/lazy.py", 1)]""", {},
          value("beta/src/beta/core.py", MODULE),
          value("alpha/src/alpha/lazy.py", MODULE)),
        K("sqlite", """
with sqlite3.connect("file:@R@/delta/data/t.db?mode=ro", uri=True) as db:
    value = db.execute("select v from t").fetchall()
db.close()""", {"delta/data/t.db": database}, database("delta/data/t.db")),
        K("c", "value = " + run % '["@O@/reader", "@O@/c.txt", "SOAK_F"]',
          {"@O@/c.txt": "v\n", "@O@/reader": "@B@/reader-a"},
          value("@O@/c.txt"), gone("@O@/c.txt"), variable("SOAK_F"),
          programs("@O@/reader", "@B@/reader-a", "@B@/reader-b")),
        K("static", "value = " + run % '["@O@/static", "@P@/data/s.txt"]',
          {"@P@/data/s.txt": "v\n", "@O@/static": "@B@/static-a"},
          value("@P@/data/s.txt"),
          programs("@O@/static", "@B@/static-a", "@B@/static-b")),
        K("go", "value = " + run % '["@B@/go-reader", "@P@/data/g.txt"]',
          {"@P@/data/g.txt": "v\n"}, value("@P@/data/g.txt")),
        K("shell", "value = " + run % """["sh", "-c", '''
cat "@O@/sh.txt"; for f in @P@/data/sh/*; do echo $f; done
[ -x @O@/sh.txt ] && echo runs; echo "$SOAK_G"; . @P@/data/part.sh''']""",
          {"@O@/sh.txt": "v\n", "@P@/data/sh/one": "", "@P@/data/part.sh": ""},
          value("@O@/sh.txt"), names("@P@/data/sh", "one", "two"),
          other("@O@/sh.txt", 0o644, 0o755), variable("SOAK_G"),
          value("@P@/data/part.sh", "echo %s\n")),
        K("script", "value = " + run % '["@R@/tools/script"]',
          {"tools/script": "#!/bin/sh\necho one\n"},
          lambda t: (t.write("tools/script", "#!/bin/sh\necho %s\n" %
                             t.value()), t.chmod("tools/script", 0o755))),
        K("python", "value = " + run % """[
    sys.executable, "-B", "-c",
    "import sys; sys.path[:0] = ['@R@/gamma/src', '@O@/py']; import gamma.core;"
    "import far; print(gamma.core.VALUE, far.VALUE)"]""",
          {"@O@/py/far.py": MODULE % "v"}, value("@O@/py/far.py", MODULE),
          value("gamma/src/gamma/core.py", MODULE),
          lambda t: t.flip("gamma/src/far.py", MODULE % t.value())),
        K("native", """
import native
value = native.VALUE
try:
    import late
    value += late.VALUE
except ImportError:
    pass""", {"@P@/src/native.so": "@B@/native-a.so"},
          programs("@P@/src/native.so", "@B@/native-a.so", "@B@/native-b.so"),
          lambda t: t.remove("@P@/src/late.so")
          if os.path.exists(t.at("@P@/src/late.so"))
          else t.copy("@B@/late-a.so", "@P@/src/late.so")),
        K("namespace", """
import spaced
value = sorted(m.name for m in pkgutil.iter_modules(spaced.__path__))
import spaced.one
value.append(spaced.one.VALUE)""",
          {"@P@/src/spaced/one.py": MODULE % "v"},
          value("@P@/src/spaced/one.py", MODULE),
          gone("@P@/more/spaced/two.py", MODULE),
          gone("@P@/src/spaced/three.py", MODULE),
          gone("@P@/more/spaced/one.py", MODULE),
          gone("@P@/more/spaced/__init__.py", MODULE)),
        K("entry", """
found = importlib.metadata.entry_points(group="soak")
value = sorted((e.name, e.load().VALUE) for e in found)
value.append(importlib.metadata.version("soakplug"))""",
          {"@P@/src/soakplug.py": MODULE % "v",
           "@P@/src/soakplug-1.0.dist-info/METADATA": info("soakplug", "1.0"),
           "@P@/src/soakplug-1.0.dist-info/entry_points.txt":
               entries("soakplug")},
          value("@P@/src/soakplug.py", MODULE),
          lambda t: t.write("@P@/src/soakplug-1.0.dist-info/METADATA", info(
              "soakplug", t.random.choice(("1.0", "1.1")))),
          lambda t: t.write("@P@/src/soakplug-1.0.dist-info/entry_points.txt",
                            entries(t.random.choice(("soakplug",
                                                     "@N@.core")))),
          gone("@P@/src/other-2.0.dist-info/entry_points.txt",
               "[soak]\n%s = @N@.lazy\n")),
        K("fixture", "value = fixed", {"@T@/conftest.py": ""},
          lambda t: t.flip("@T@/conftest.py", "import pytest\n\n@pytest.fixture"
                           "\ndef fixed():\n    return '%s'\n" % t.value())),
        K("conftest", "value = fixed", {},
          lambda t: t.flip("@T@/conftest.py", "import pytest\n\n@pytest.fixture"
                           "\ndef fixed():\n    return '%s'\n" % t.value())),
        K("lazy", """
import @N@.lazy
value = [@N@.lazy.VALUE, importlib.import_module("alpha_" + "far").VALUE]
""", {"@P@/src/alpha_far.py": MODULE % "v"},
          value("@P@/src/@N@/lazy.py", MODULE),
          value("@P@/src/alpha_far.py", MODULE),
          gone("@P@/src/alpha_far/__init__.py", MODULE)),
        K("optional", """
value = []
for name in "perhaps", "colorsys", "@N@.maybe":
    try:
        value.append(getattr(importlib.import_module(name), "VALUE", 0))
    except ImportError:
        value.append(None)""", {},
          gone("@P@/src/perhaps.py", MODULE), gone("@T@/colorsys.py", MODULE),
          gone("@P@/src/@N@/maybe.py", MODULE),
          gone("@P@/src/@N@/maybe/__init__.py", MODULE)),
        K("shadowed", """
from helping import VALUE
value = VALUE""", {"@P@/src/helping.py": MODULE % "v"},
          value("@P@/src/helping.py", MODULE), gone("@T@/helping.py", MODULE),
          gone("@P@/src/helping/__init__.py", MODULE)),
        K("which", 'value = [shutil.which("soaktool"), shutil.which("soakx")]',
          {"@O@/bin1/soaktool": "x\n", "tools/bin/x": ""},
          lambda t: (t.flip("@O@/bin2/soaktool"), os.path.exists(
              t.at("@O@/bin2/soaktool")) and
              t.chmod("@O@/bin2/soaktool", 0o755)),
          other("@O@/bin1/soaktool", 0o755, 0o644),
          lambda t: t.set_env("PATH", t.random.choice(
              ("@O@/bin1:@O@/bin2:", "@O@/bin2:@O@/bin1:", "@O@/bin2:")) +
              os.environ["PATH"])),
        K("zone", """
time.tzset()
value = [time.localtime(10 ** 9).tm_gmtoff, time.tzname,
         str(zoneinfo.ZoneInfo.no_cache("Soak/Zone").utcoffset(
             datetime.datetime(2020, 7, 1)))]""",
          {"@O@/zone/Soak/Zone": "/usr/share/zoneinfo/Europe/Berlin"},
          variable("TZ", "UTC", "CET-1", "EST5", ":@O@/zone/Soak/Zone"),
          programs("@O@/zone/Soak/Zone", "/usr/share/zoneinfo/Asia/Tokyo",
                   "/usr/share/zoneinfo/Europe/Berlin")),
        K("locale", """
try:
    value = [locale.setlocale(locale.LC_TIME, "")]
except locale.Error as e:
    value = [str(e)]
locale.setlocale(locale.LC_TIME, "C")""", {},
          variable("LC_TIME", "C", "C.UTF-8", "POSIX", "xx_XX")),
        K("mapped", """
with open("@O@/mapped", "rb") as f:
    with mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as m:
        value = m[:]""", {"@O@/mapped": "v\n"}, value("@O@/mapped")),
        K("resource", """
import @N@
value = [pkgutil.get_data("@N@", "r.txt"),
         (importlib.resources.files("@N@") / "r.txt").read_text(),
         runpy.run_path("@R@/tools/run.py")["VALUE"]]""",
          {"@P@/src/@N@/r.txt": "v\n", "tools/run.py": MODULE % "v"},
          value("@P@/src/@N@/r.txt"), value("tools/run.py", MODULE)),
        K("dirfd", """
fd = os.open("@O@/dirfd", os.O_RDONLY | os.O_DIRECTORY)
try:
    f = os.open("x", os.O_RDONLY, dir_fd=fd)
    value = [os.read(f, 100), os.stat("y", dir_fd=fd).st_mode,
             sorted(os.listdir(fd))]
    os.close(f)
finally:
    os.close(fd)""", {"@O@/dirfd/x": "v\n", "@O@/dirfd/y": ""},
          value("@O@/dirfd/x"), other("@O@/dirfd/y", 0o644, 0o600),
          names("@O@/dirfd", "z")),
        K("threads", """
value = []
def read():
    value.append(text("@P@/data/thread.txt"))
ts = [threading.Thread(target=read) for _ in range(2)]
[t.start() for t in ts]
[t.join() for t in ts]
pid = os.fork()
if not pid:
    try:
        os._exit(len(text("@O@/forked")))
    finally:
        os._exit(99)
value.append(os.waitpid(pid, 0)[1])""",
          {"@P@/data/thread.txt": "v\n", "@O@/forked": "v\n"},
          value("@P@/data/thread.txt"), value("@O@/forked")),
        K("option", 'value = [config.getini("soak"), config.inipath.name]', {},
          lambda t: t.write("@P@/pyproject.toml", project(
              "@N@", t.value()))),
        K("zipped", """
with zipfile.ZipFile("@O@/z.zip") as z:
    value = z.namelist()
with tarfile.open("@P@/data/t.tar") as z:
    value += z.getnames()""",
          {"@O@/z.zip": archive, "@P@/data/t.tar": archive},
          archive("@O@/z.zip"), archive("@P@/data/t.tar")),
    ]
    need = {"c": "reader-a", "static": "static-a", "go": "go-reader",
            "native": "native-a.so"}
    return [k for k in all if need.get(k.name) not in missing]


def archive(path):
    def edit(t):
        import tarfile
        import zipfile
        t.keep(path)
        os.makedirs(os.path.dirname(t.at(path)), exist_ok=True)
        if path.endswith(".zip"):
            with zipfile.ZipFile(t.at(path), "w") as z:
                z.writestr(t.value(), "x")
        else:
            with tarfile.open(t.at(path), "w") as z:
                z.add("/dev/null", t.value())
    return edit


def project(name, value):
    return """[project]
name = "%s"
version = "1.0"
[tool.pytest.ini_options]
pythonpath = ["src", "more"]
soak = "%s"
""" % (name, value)


MODULES = """ctypes datetime glob importlib importlib.metadata
importlib.resources inspect linecache locale mmap os pathlib pkgutil runpy shutil
sqlite3 subprocess sys tarfile threading time zipfile zoneinfo""".split()

HEAD = """import pytest


def text(path):
    try:
        with open(path, encoding="utf-8") as f:
            return f.read()
    except OSError as e:
        return e.errno


"""

CORE = """
def test_core(record_property):
    import @N@.core
    record_property("v", @N@.core.VALUE)


"""

CASES = """
with open("@P@/data/cases.txt", encoding="utf-8") as f:
    DATA = f.read()


@pytest.mark.parametrize("case", DATA.split())
def test_case(case):
    pass


"""

CONFTEST = """import pytest


def pytest_addoption(parser):
    parser.addini("soak", "for the soak")


@pytest.fixture
def fixed():
    return "above"


@pytest.fixture
def config(pytestconfig):
    return pytestconfig
"""

GENERAL = Kind("general", "value = 1", {})


def make(tree, all):
    """Writes the workspace; each kind gets its package."""
    for package in PACKAGES:
        GENERAL.package = package
        tree.of(GENERAL)
        tree.write("@P@/pyproject.toml", project(package, "v"))
        tree.write("@P@/tests/conftest.py", CONFTEST)
        tree.write("@P@/src/@N@/__init__.py", "")
        tree.write("@P@/src/@N@/core.py", MODULE % "v")
        tree.write("@P@/src/@N@/lazy.py", MODULE % "v")
        tree.write("@P@/data/unused.txt", "x\n")
        tree.write("@P@/tests/test_plain_%s.py" % package,
                   tree.fill(CORE).lstrip())
    tree.write(".gitignore", "ignored/\n.tgraph/\n__pycache__/\n*.pyc\n")
    tree.write("README", "read me\n")
    for n, kind in enumerate(all):
        kind.package = PACKAGES[n % len(PACKAGES)]
        tree.of(kind)
        for path, content in kind.files.items():
            if callable(content):
                content(path)(tree)
            elif content.startswith("-> "):
                tree.link(content[3:], path)
            elif content.startswith(("@B@/", "/usr/")):
                tree.copy(content, path)
            else:
                tree.write(path, content)
                if content.startswith("#!"):
                    tree.chmod(path, 0o755)
        words = kind.body.strip("\n").split("\n")
        fixtures = "".join(", " + f for f in ("fixed", "config")
                           if f in kind.body)
        uses = "".join("import %s\n" % m for m in MODULES
                       if m + "." in kind.body)
        tree.write("@T@/test_%s.py" % kind.name, uses + HEAD +
                   (tree.fill(CASES) if "DATA" in kind.body else "") +
                   (tree.fill(CORE).lstrip("\n") if n % 3 == 0 else "") +
                   "def test_it(record_property%s):\n" % fixtures +
                   "".join("    %s\n" % w for w in words) +
                   '    record_property("v", repr(value))\n')


# ---- edits that are nobody's ----

def some_python(tree):
    found = []
    for here, dirs, files in os.walk(tree.root):
        dirs[:] = sorted(d for d in dirs if d[0] != "." and
                         d != "__pycache__")
        found += [os.path.join(here, f) for f in sorted(files)
                  if f.endswith(".py")]
    return tree.random.choice(found)


def comment(tree):
    path = some_python(tree)
    tree.write(path, tree.read(path) + "# %s\n" % tree.value())


def touch(tree):
    os.utime(some_python(tree))


def unused(tree):
    tree.write(tree.random.choice(PACKAGES) + "/data/unused.txt", tree.value())


def new_module(tree):
    tree.flip("%s/src/fresh%d.py" % (tree.random.choice(PACKAGES),
                                     tree.random.randrange(3)), MODULE % "v")


def core(tree):
    package = tree.random.choice(PACKAGES)
    tree.write("%s/src/%s/core.py" % (package, package), MODULE % tree.value())


def readme(tree):
    tree.write("README", tree.value())


def renamed(tree):
    """A test file is called otherwise, or again as before."""
    package = tree.random.choice(PACKAGES)
    old = "%s/tests/test_plain_%s.py" % (package, package)
    new = "%s/tests/test_other_%s.py" % (package, package)
    if not os.path.exists(tree.at(old)):
        old, new = new, old
    tree.rename(old, new)


def undo(tree):
    if tree.log:
        tree.put_back(tree.random.choice(tree.log)[1])


def switch(tree):
    """Another branch; what has changed is committed to this one."""
    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b",
                        "-c", "gc.auto=0"] + list(words), cwd=tree.root,
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "x")
    now = subprocess.check_output(["git", "branch", "--show-current"],
                                  cwd=tree.root, text=True).strip()
    git("checkout", "-q", tree.random.choice(
        [b for b in ("one", "two", "three") if b != now]))


EVERYWHERE = (comment, comment, touch, unused, new_module, core, readme, renamed,
              undo, undo, undo, switch)
