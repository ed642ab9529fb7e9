#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What PYTEST_ADDOPTS, PYTEST_PLUGINS and a Django settings module say decides
# which tests there are, what they give, and what they depend on.
. "$(dirname "$0")/../lib.sh"

put pyproject.toml <<\END
[project]
name = "app"
version = "1"

[tool.pytest.ini_options]
addopts = "-q tests"
pythonpath = ["."]
END
put lib.py <<\END
def twice(n):
    """
    >>> twice(2)
    4
    """
    return 2 * n
END
put tests/test_a.py <<\END
def test_one():
    assert True


def test_two():
    assert True
END
put tests/check_b.py <<\END
def test_three():
    assert True
END
put tests/test_c.py <<\END
def test_four():
    assert True
END
put benchmarks/test_slow.py <<\END
def test_slow():
    assert 0
END
git_all 'App'

t 'the paths in addopts are all that is looked at'
build_tests
counts passed=3
build -t targets depth 0
no_out benchmarks
export PYTEST_ADDOPTS
PYTEST_ADDOPTS=benchmarks
build_tests_fail 1
counts passed=3 failed=1
PYTEST_ADDOPTS=
git rm -qr benchmarks

t 'single tests in addopts are all that is run of their files'
cp tests/check_b.py tests/test_b.py
cp pyproject.toml "$T_DIR/kept.toml"
addopts() {
	sed "s|^addopts.*|addopts = \"$1\"|" "$T_DIR/kept.toml" >pyproject.toml
}
addopts '-q tests/test_a.py::test_two tests/test_c.py'
build_tests
counts passed=2
tests_ran tests/test_a.py tests/test_c.py
build_tests tests/test_a.py::test_one
counts passed=1
addopts 'tests/test_a.py::test_two tests/test_b.py::test_three'
printf '[tool.tgraph]\ngranularity = "package"\n' >>pyproject.toml
build_tests
counts passed=2
addopts 'tests/test_a.py::test_two tests'
build_tests
counts passed=4
addopts 'tests/test_a.py::test_none'
build_tests_fail 1
expect_out 'no such test: test_none'
git checkout -q . && git clean -qfd tests

t 'an option that decides how pytest ends is not left out without a word'
build_tests
no_err 'cov'
addopts '-q tests --cov=lib --cov-fail-under=90'
build_tests
counts passed=3
expect_err 'pyproject.toml: --cov-fail-under in addopts does not count'
addopts '-q tests --cov-fail-under 90'
build_tests
expect_err 'pyproject.toml: --cov-fail-under in addopts does not count'
git checkout -q .

t 'a choice of tests'
PYTEST_ADDOPTS='-k "two or four"'
build_tests
counts passed=2
tests_ran tests/test_a.py tests/test_c.py
build_tests
tests_ran -
PYTEST_ADDOPTS='-k four --maxfail=1 --lf -n 2 --junitxml=report.xml'
build_tests
counts passed=1
missing report.xml
PYTEST_ADDOPTS=
build_tests
counts passed=3

t 'what ends pytest early is said'
PYTEST_ADDOPTS=--fixtures
build_tests_fail 1
expect_out 'with --fixtures, in PYTEST_ADDOPTS, pytest runs no tests'
PYTEST_ADDOPTS=

t 'other files'
PYTEST_ADDOPTS='-o python_files=check_*.py'
build_tests
counts passed=1
tests_ran tests/check_b.py
PYTEST_ADDOPTS='--ignore tests/test_a.py'
build_tests
counts passed=1
tests_ran tests/test_c.py
PYTEST_ADDOPTS='--ignore-glob=*_c.py'
build_tests
counts passed=2

t 'another configuration file'
put other.ini <<\END
[pytest]
python_functions = test_t*
END
PYTEST_ADDOPTS='-c other.ini'
build_tests
counts passed=1
echo '# a remark' >>other.ini
build_tests
tests_ran tests/test_a.py tests/test_c.py

t 'doctests of modules'
PYTEST_ADDOPTS='--doctest-modules lib.py'
build_tests --no-cache
counts passed=4
status tests/check_b.py empty
build_tests --no-cache --rerun --no-workers
counts passed=4
build_tests --no-cache lib.py
counts passed=1
sed 's/4$/5/' lib.py >lib.new && mv lib.new lib.py
build_tests_fail 1 --no-cache lib.py
git checkout -q lib.py

t 'what pytest would refuse'
PYTEST_ADDOPTS="-k 'two"
build_tests_fail 2
expect_err 'PYTEST_ADDOPTS: no closing quotation'
PYTEST_ADDOPTS=--no-such-option
build_tests_fail 1
counts passed=0
PYTEST_ADDOPTS=

t 'a plugin of the repository'
put plug.py <<\END
import pytest
from lib import twice


@pytest.fixture(autouse=True)
def checked():
    assert twice(1) == 2
END
PYTEST_ADDOPTS='-p plug'
build_tests
counts passed=3
sed 's/return 2/return 3/' lib.py >lib.new && mv lib.new lib.py
build_tests_fail 1
git checkout -q lib.py
PYTEST_ADDOPTS='' PYTEST_PLUGINS=plug
export PYTEST_PLUGINS
build_tests
counts passed=3
sed 's/return 2/return 3/' lib.py >lib.new && mv lib.new lib.py
build_tests_fail 1
git checkout -q lib.py
unset PYTEST_PLUGINS PYTEST_ADDOPTS

t 'a settings module: what it names is known when it runs'
fresh
# What pytest-django does, as far as it matters.
put tools/pytest_settings.py <<\END
import importlib
import os
import pytest


def pytest_addoption(parser):
    parser.addini("DJANGO_SETTINGS_MODULE", "")
    parser.addoption("--ds", default=None)


@pytest.fixture
def settings(request):
    name = request.config.getoption("ds") or os.environ.get(
        "DJANGO_SETTINGS_MODULE") or request.config.getini(
        "DJANGO_SETTINGS_MODULE")
    module = importlib.import_module(name)
    for app in module.INSTALLED_APPS:
        importlib.import_module(app)
    return module
END
venv=$T_DIR/venv
"$T_VENV/bin/python" -m venv --system-site-packages --without-pip "$venv"
site=$("$venv/bin/python" -c 'import site; print(site.getsitepackages()[0])')
"$T_VENV/bin/python" -c 'import pytest, os
print(os.path.dirname(os.path.dirname(pytest.__file__)))' >"$site/more.pth"
mv tools/pytest_settings.py "$site"
mkdir "$site/pytest_settings-1.dist-info"
printf 'Metadata-Version: 2.1\nName: pytest_settings\nVersion: 1\n' \
	>"$site/pytest_settings-1.dist-info/METADATA"
printf '[pytest11]\nsettings = pytest_settings\n' \
	>"$site/pytest_settings-1.dist-info/entry_points.txt"
export VIRTUAL_ENV="$venv"
put pyproject.toml <<\END
[project]
name = "site"
version = "1"

[tool.pytest.ini_options]
DJANGO_SETTINGS_MODULE = "conf"
END
put conf.py <<\END
INSTALLED_APPS = ["polls"]
END
put polls.py <<\END
N = 1
END
put test_site.py <<\END
def test_site(settings):
    assert settings.INSTALLED_APPS == ["polls"]
END
git_all 'Site'
build_tests
counts passed=1
for file in conf.py polls.py; do
	echo '# a remark' >>$file
	build_tests
	tests_ran test_site.py
done
echo 'raise OSError' >>polls.py
build_tests_fail 1

t 'a settings module that the environment or an option names'
git checkout -q .
cp conf.py conf2.py
sed '/tool.pytest/,$d' pyproject.toml >new && mv new pyproject.toml
export DJANGO_SETTINGS_MODULE=conf2
build_tests
counts passed=1
echo 'raise OSError' >>polls.py
build_tests_fail 1
git checkout -q polls.py
export DJANGO_SETTINGS_MODULE=conf3
build_tests_fail 1
unset DJANGO_SETTINGS_MODULE
export PYTEST_ADDOPTS=--ds=conf2
build_tests
echo 'raise OSError' >>polls.py
build_tests_fail 1

unset PYTEST_ADDOPTS

t 'whole-run options that a hook adds'
rm -rf hooked && mkdir hooked && cd hooked
put pyproject.toml <<\END
[project]
name = "hooked"
version = "1"

[tool.pytest.ini_options]
addopts = "-p enable"
END
put enable.py <<\END
class Covers:
    def pytest_runtest_call(self):
        assert 0


def pytest_addoption(parser):
    parser.addoption("--cov", action="append")
    parser.addoption("--no-cov", action="store_true", dest="no_cov")


def pytest_load_initial_conftests(early_config, parser, args):
    args[:] = ["-x"] + args
    args += ["--maxfail", "1", "--cov", "src", "-k", "not three"]
    known = early_config.known_args_namespace
    parser.parse_known_and_unknown_args(args, known)
    assert known.cov == ["src"]
    if not known.no_cov:
        early_config.pluginmanager.register(Covers(), "_cov")
END
put test_hooked.py <<\END
def test_one():
    assert 0


def test_two():
    assert 0


def test_three():
    assert 0


def test_four(pytestconfig):
    assert not pytestconfig.option.cov and not pytestconfig.option.no_cov
    assert not pytestconfig.pluginmanager.has_plugin("_cov")
END
git init -q . && git_all 'Hooked'
PYTHONPATH=$PWD
export PYTHONPATH
build_tests_fail 1
counts passed=1 failed=2
cd ..

end
