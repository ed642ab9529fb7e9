import unittest
from unittest import TestCase as TC, mock
import pytest
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("db", "net")]
MOD = "pkg.mod"
@pytest.fixture(name="thing", scope="module", autouse=True, params=[1, 2])
def _thing(request):
    request.getfixturevalue("other")
    yield 1
@pytest.mark.parametrize("a", [1, 2])
@mock.patch("pkg.mod.attr")
@mock.patch(f"{MOD}.other")
async def test_one(a, thing): ...
class Base(TC):
    def test_b(self): pass
class TestX:
    __test__ = True
    def test_y(self): pass
    class TestInner:
        def test_z(self, tmp_path): pass
    test_alias = test_y
class Test2(TestX, Base, metaclass=abc.ABCMeta):
    def __init__(self): super().__init__()
class Loop(Loop): pass
def load_tests(loader, tests, pattern): return tests
globals()["test_made"] = lambda: 0
helper.__test__ = False
test_x = test_one
