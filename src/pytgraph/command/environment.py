# SPDX-License-Identifier: Apache-2.0
"""Makes an environment for tests.

    environment --dir DIR --stamp FILE [--busy DIR]... [--empty] [INPUT]...
                -- COMMAND... [-- COMMAND...]...

The commands make DIR and put into it what is needed; with --empty nothing is,
and only the first one is run. They see nothing of an environment that is active
here. What they print is shown if one fails.

DIR is made anew, and FILE, which lies in it, is written last: without FILE, DIR
is a heap that nobody uses. FILE holds

    tgraph environment 1
    made from HEX           the commands and the content of each INPUT
    records HEX             what was installed, by the RECORD of each package
    site DIR                where (from DIR); then, for each package there,
    dist NAME.dist-info

and ends in "end". If FILE is there and true, nothing is done: another tgraph has
made it. Two don't make it at once, nor install the same --busy directory, as
its build tool writes into it.
"""

import errno
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

try:
    import fcntl
except ImportError:
    fcntl = None

HEADER = "tgraph environment 1"
# What would lead an installer elsewhere.
_ELSEWHERE = ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME",
              "PYTHONPLATLIBDIR", "PYTHONUSERBASE", "PYTHONSAFEPATH",
              "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON",
              "PIP_DRY_RUN", "PIP_REQUIRE_VIRTUALENV", "UV_PYTHON",
              "UV_SYSTEM_PYTHON", "UV_PROJECT_ENVIRONMENT", "UV_TARGET",
              "UV_PREFIX", "UV_PROJECT", "UV_WORKING_DIRECTORY",
              "__PYVENV_LAUNCHER__")
_SECRET = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#\s@]+)@")


class Failed(Exception):
    """The environment can't be made; the text says why."""


class Options:
    """The words of the command."""

    def __init__(self, argv):
        self.dir = self.stamp = None
        self.busy, self.inputs, self.commands = [], [], []
        self.empty = False
        words = list(argv)
        while words and words[0] != "--":
            word = words.pop(0)
            if word == "--dir":
                self.dir = words.pop(0)
            elif word == "--stamp":
                self.stamp = words.pop(0)
            elif word == "--busy":
                self.busy.append(words.pop(0))
            elif word == "--empty":
                self.empty = True
            else:
                self.inputs.append(word)
        while words:
            words.pop(0)
            end = words.index("--") if "--" in words else len(words)
            self.commands.append(words[:end])
            del words[:end]
        if self.empty:
            del self.commands[1:]


def lock(path):
    """Holds path until this process ends."""
    if not fcntl:
        return
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            return
        except OSError as e:
            if e.errno != errno.EINTR:
                return  # a file system without locks


def made_from(options):
    """The digest of what says how the environment is."""
    h = hashlib.sha256()

    def add(data):
        h.update(b"%d " % len(data))
        h.update(data)

    add(sys.version.encode())
    add(os.path.realpath(sys.executable).encode("utf-8", "surrogateescape"))
    for command in options.commands:
        add(b"%d" % len(command))
        for word in command:
            add(word.encode("utf-8", "surrogateescape"))
    for path in options.inputs:
        add(path.encode("utf-8", "surrogateescape"))
        with open(path, "rb") as f:
            add(f.read())
    return h.hexdigest()


def sites(top):
    """The directories for packages, from top."""
    found = glob.glob(os.path.join(glob.escape(top), "lib*", "python*",
                                   "site-packages"))
    found += glob.glob(os.path.join(glob.escape(top), "lib*", "pypy*",
                                    "site-packages"))
    real = sorted({os.path.realpath(p) for p in found})
    return [os.path.relpath(p, os.path.realpath(top)) for p in real]


def dists(site):
    """What is installed, as the names of its directories."""
    return sorted(name for name in os.listdir(site)
                  if name.endswith((".dist-info", ".egg-info")))


def describe(top, key):
    """The text of the stamp."""
    lines = [HEADER, "made from " + key]
    h = hashlib.sha256()
    found = []
    for site in sites(top):
        found.append("site " + site)
        for name in dists(os.path.join(top, site)):
            found.append("dist " + name)
            h.update(name.encode("utf-8", "surrogateescape") + b"\n")
            try:
                with open(os.path.join(top, site, name, "RECORD"), "rb") as f:
                    h.update(hashlib.sha256(f.read()).digest())
            except OSError:
                pass
    lines.append("records " + h.hexdigest())
    return "\n".join(lines + found + ["end", ""])


def interpreter(top):
    return os.path.join(top, "bin", "python")


def is_made(options, key):
    """Is it there, and as the stamp has it?"""
    try:
        with open(options.stamp, encoding="utf-8",
                  errors="surrogateescape") as f:
            text = f.read()
        return text == describe(options.dir, key) and \
            os.access(interpreter(options.dir), os.X_OK)
    except OSError:
        return False


def surroundings():
    env = {k: v for k, v in os.environ.items() if k not in _ELSEWHERE}
    env["PIP_NO_INPUT"] = "1"
    env["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return env


def secrets():
    """What addresses in the environment have of names and passwords."""
    found = set()
    for name, value in os.environ.items():
        if name.startswith(("PIP_", "UV_")):
            for part in _SECRET.findall(value):
                found.add(part)
                found.update(p for p in part.split(":", 1) if len(p) > 3)
            if name.endswith(("_PASSWORD", "_TOKEN")) and value:
                found.add(value)
    return sorted(found, key=len, reverse=True)


def hide(text):
    for secret in secrets():
        text = text.replace(secret.encode("utf-8", "surrogateescape"), b"****")
    return text


def program(command):
    """The command, whose program must be there."""
    if shutil.which(command[0]):
        return command
    if command[0] == "uv":
        from importlib import util
        if util.find_spec("uv"):
            return [sys.executable, "-m"] + command
        raise Failed('there is no uv in PATH: install it, or make the '
                     'environment with environment = "venv"')
    raise Failed("there is no %s" % command[0])


def call(command):
    with subprocess.Popen(program(command), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=surroundings()) as p:
        text = p.communicate()[0]
    if p.returncode:
        sys.stdout.flush()
        out = getattr(sys.stdout, "buffer", sys.stdout)
        out.write(hide(text))
        out.flush()
        raise Failed("" if text.strip() else
                     "%s ended with %d" % (command[0], p.returncode))


def remove(path):
    """A tree, whatever may be read in it."""
    def again(function, name, _):
        os.chmod(os.path.dirname(name), 0o700)
        if os.path.isdir(name) and not os.path.islink(name):
            os.chmod(name, 0o700)
        function(name)

    try:
        if os.path.islink(path) or os.path.isfile(path):
            os.unlink(path)
        elif os.path.isdir(path):
            shutil.rmtree(path, onerror=again)
    except FileNotFoundError:
        pass


def make(options, key):
    # The stamp first: what is half gone has none.
    remove(options.stamp)
    remove(options.dir)
    for command in options.commands:
        call(command)
    if not os.access(interpreter(options.dir), os.X_OK):
        raise Failed("%s was not made" % interpreter(options.dir))
    text = describe(options.dir, key)
    # A stamp must not be all that a loss of power leaves.
    os.sync()
    temporary = options.stamp + ".new"
    with open(temporary, "w", encoding="utf-8",
              errors="surrogateescape") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, options.stamp)


def main(argv):
    options = Options(argv)
    parent = os.path.dirname(options.dir) or "."
    os.makedirs(parent, exist_ok=True)
    try:
        lock(options.dir + ".lock")
        key = made_from(options)
        if is_made(options, key):
            return 0
        for path in sorted(set(options.busy)):
            name = hashlib.sha256(os.path.realpath(path).encode(
                "utf-8", "surrogateescape")).hexdigest()[:16]
            lock(os.path.join(parent, "busy-%s.lock" % name))
        make(options, key)
    except Failed as e:
        if str(e):
            sys.stdout.write("tgraph: %s\n" % e)
        return 1
    except OSError as e:
        sys.stdout.write("tgraph: %s\n" % e)
        return 1
    return 0
