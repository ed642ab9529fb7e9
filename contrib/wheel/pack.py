# SPDX-License-Identifier: Apache-2.0
"""pack.py TREE OUT MACHINE VERSION: puts an installed tree into a wheel.

The wheel's name is not tgraph, which is another project on PyPI; a command of
the wheel's name is there beside tgraph for "uvx" and "pipx run". TREE has bin,
lib and share, which go below the environment's root, where tgraph looks for them
first. The same tree makes the same wheel.
"""
import base64
import glob
import hashlib
import os
import sys
import zipfile

NAME = "tgraph-run"
# What is linked into the program, by the names of Debian's packages.
LINKED = ["libgit2-dev", "libpcre2-dev", "libzstd-dev", "libxxhash-dev", "libcjson-dev",
          "libssl-dev", "libmbedtls-dev", "libhttp-parser-dev", "zlib1g-dev", "libc6-dev"]
HERE = os.path.dirname(os.path.abspath(__file__))
ALIAS = """#!/bin/sh
self=$(readlink -f "$0")
exec "${self%/*}/tgraph" "$@"
"""


def metadata(version):
    with open(os.path.join(HERE, "..", "..", "README"), encoding="utf-8") as f:
        readme = f.read()
    return f"""Metadata-Version: 2.1
Name: {NAME}
Version: {version}
Summary: A build graph for test suites: runs the tests whose inputs have changed
License: Apache-2.0
Requires-Python: >=3.8
Classifier: Framework :: Pytest
Classifier: Operating System :: POSIX :: Linux
Classifier: Topic :: Software Development :: Testing
Description-Content-Type: text/plain

{readme}"""


def tags(machine):
    # A static program: any libc will do.
    return [f"manylinux2014_{machine}", f"musllinux_1_1_{machine}"]


def licenses():
    for package in LINKED:
        path = f"/usr/share/doc/{package}/copyright"
        if os.path.exists(path):
            with open(path, "rb") as f:
                yield package, f.read()


def contents(tree, version, machine):
    """Names in the wheel, their modes and bytes."""
    base = f"{NAME.replace('-', '_')}-{version}"
    for path in sorted(glob.glob(os.path.join(tree, "**"), recursive=True)):
        if not os.path.isfile(path):
            continue
        name = os.path.relpath(path, tree)
        kind = "scripts" if name.startswith("bin/") else "data"
        name = name[4:] if kind == "scripts" else name
        with open(path, "rb") as f:
            yield f"{base}.data/{kind}/{name}", os.stat(path).st_mode & 0o111, f.read()
    yield f"{base}.data/scripts/{NAME}", 0o111, ALIAS.encode()
    info = f"{base}.dist-info"
    yield f"{info}/METADATA", 0, metadata(version).encode()
    wheel = ["Wheel-Version: 1.0", "Generator: tgraph", "Root-Is-Purelib: false"]
    wheel += [f"Tag: py3-none-{tag}" for tag in tags(machine)]
    yield f"{info}/WHEEL", 0, ("\n".join(wheel) + "\n").encode()
    with open(os.path.join(HERE, "..", "..", "COPYING"), "rb") as f:
        yield f"{info}/licenses/COPYING", 0, f.read()
    for package, text in licenses():
        yield f"{info}/licenses/{package}", 0, text


def main():
    tree, out, machine, version = sys.argv[1:]
    base = f"{NAME.replace('-', '_')}-{version}"
    path = os.path.join(out, f"{base}-py3-none-{'.'.join(tags(machine))}.whl")
    record = ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        def put(name, mode, data):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = (0o100644 | mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)

        for name, mode, data in contents(tree, version, machine):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(data)}\n"
            put(name, mode, data)
        name = f"{base}.dist-info/RECORD"
        put(name, 0, (record + f"{name},,\n").encode())
    print(path, os.path.getsize(path))


main()
