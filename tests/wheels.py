#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Wheels for tests that must not need a network.

    wheels.py DIR installed NAME...   of what is installed for this interpreter,
                                      and what that requires
    wheels.py DIR make NAME VERSION [MODULE=TEXT]... [requires=REQUIREMENT]...
"""

import base64
import hashlib
import importlib.metadata
import os
import re
import sys
import zipfile


def norm(name):
    return re.sub(r"[-_.]+", "_", name).lower()


def write(path, files, info):
    """A wheel of files (name: bytes); RECORD is added to the directory info."""
    record = ""
    with zipfile.ZipFile(path, "w") as z:
        for name, data in sorted(files.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
            record += "%s,sha256=%s,%d\n" % (
                name, digest.rstrip(b"=").decode(), len(data))
            z.writestr(name, data)
        z.writestr(info + "/RECORD", record + info + "/RECORD,,\n")


def make(target, name, version, *more):
    info = "%s-%s.dist-info" % (norm(name), version)
    files, requires = {}, ""
    for word in more:
        key, text = word.split("=", 1)
        if key == "requires":
            requires += "Requires-Dist: %s\n" % text
        else:
            files[key.replace(".", "/") + ".py"] = text.encode() + b"\n"
    files[info + "/METADATA"] = ("Metadata-Version: 2.1\nName: %s\nVersion: "
                                 "%s\n%s" % (name, version, requires)).encode()
    files[info + "/WHEEL"] = (b"Wheel-Version: 1.0\nGenerator: wheels.py\n"
                              b"Root-Is-Purelib: true\nTag: py3-none-any\n")
    write(os.path.join(target, "%s-%s-py3-none-any.whl" % (norm(name), version)),
          files, info)


def installed(target, *names):
    todo, done = list(names), set()
    while todo:
        name = norm(todo.pop())
        if name in done:
            continue
        done.add(name)
        try:
            dist = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # for another version of Python, or an extra
        files = {}
        info = None
        for path in dist.files:
            text = str(path)
            if text.startswith("..") or text.endswith(".pyc"):
                continue
            top = text.split("/")[0]
            if top.endswith(".dist-info"):
                info = top
                if text.endswith(("/RECORD", "/INSTALLER", "/REQUESTED",
                                  "/direct_url.json")):
                    continue
            with open(dist.locate_file(path), "rb") as f:
                files[text] = f.read()
        write(os.path.join(target, "%s-%s-py3-none-any.whl" % (
            name, dist.version)), files, info)
        todo += [re.match(r"[\w.-]+", r).group(0)
                 for r in dist.requires or () if "extra ==" not in r]


def main():
    os.makedirs(sys.argv[1], exist_ok=True)
    {"make": make, "installed": installed}[sys.argv[2]](sys.argv[1],
                                                        *sys.argv[3:])


if __name__ == "__main__":
    main()
