# SPDX-License-Identifier: Apache-2.0
"""The scanner agrees with CPython's parser on a part of the standard library;
`scan_oracle.py SCAN_DUMP` compares all of it."""
import os
import subprocess
import sys
import sysconfig

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
DUMP = os.environ.get("TG_SCAN_DUMP", "obj/tests/unit/scan_dump")
LIB = sysconfig.get_path("stdlib")
PARTS = ["asyncio", "email", "importlib", "unittest", "typing.py",
         "dataclasses.py", "inspect.py", "pydoc.py", "turtle.py", "os.py",
         "test/test_grammar.py", "test/test_fstring.py", "test/test_patma.py"]


def oracle(*args):
    run = subprocess.run(
        [sys.executable, os.path.join(HERE, "scan_oracle.py"), DUMP, *args],
        stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.mark.parametrize("part", PARTS)
def test_standard_library(part):
    path = os.path.join(LIB, part)
    if not os.path.exists(path):
        pytest.skip("not in this Python")
    assert " 0 differ" in oracle("-r", path)


def test_the_oracle_can_fail(tmp_path):
    """It says so if the scanner saw something else than is there."""
    path = tmp_path / "x.py"
    path.write_text("import a\n")
    fake = tmp_path / "dump"
    fake.write_text("#!/bin/sh\nwhile read -r p; do\n"
                    f"sed s/a/b/ \"$p\" >{path}2\n"
                    f"echo {path}2 | {os.path.abspath(DUMP)} -\ndone\n")
    fake.chmod(0o755)
    run = subprocess.run(
        [sys.executable, os.path.join(HERE, "scan_oracle.py"), str(fake),
         str(path)], stdout=subprocess.PIPE, text=True)
    assert run.returncode == 1
    assert "1 differ" in run.stdout
