"""Runs the program as users do, in a process of its own."""
import os
import subprocess
import sys

import shop
import store
import money


def run(*args):
    env = dict(os.environ, PYTHONIOENCODING="utf-8", PYTHONPATH=os.pathsep.join(
        os.path.dirname(os.path.dirname(m.__file__))
        for m in (shop, store, money)))
    return subprocess.run([sys.executable, "-m", "shop", *args], env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)


def test_help():
    p = run("--help")
    assert p.returncode == 0
    assert "usage: shop" in p.stdout


def test_no_command():
    p = run()
    assert p.returncode == 2
    assert p.stdout == ""
