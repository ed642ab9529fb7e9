# SPDX-License-Identifier: Apache-2.0
"""Files whose items are run by the process that collected them (inside.py)
give what they give alone, and only files that leave nothing behind are."""

import os
import random
import signal
import unittest

import pytgraph_case
from test_pytgraph_early import _pytest_has_nodes
from test_pytgraph_worker import steady

LIB = """
    TABLE = {"a": [1, 2], "b": []}
    LIST = [1]

    def total(xs):
        out = 0
        for x in xs:
            out += x
        return out

    def squares(n):
        found = []
        for i in range(n):
            found.append(i * i)
        return found

    class Point:
        scale = 2

        def __init__(self, x, y):
            self.x, self.y = x, y

        def __eq__(self, other):
            return (self.x, self.y) == (other.x, other.y)

        def times(self, n):
            return Point(self.x * n, self.y * n)

    def refuse(x):
        if x < 0:
            raise ValueError("negative: %d" % x)
        return x
"""
PURE = """
    import os
    import pytest
    import lib
    from lib import Point, refuse

    HERE = os.path.dirname(os.path.abspath(__file__))

    @pytest.fixture
    def three():
        yield 3

    @pytest.mark.parametrize("n, want", [(2, [0, 1]), (3, [0, 1, 4])])
    def test_squares(n, want):
        assert lib.squares(n) == want

    def test_total(three, base):
        assert lib.total([three, base]) == 10

    def test_refuses():
        with pytest.raises(ValueError, match="negative"):
            refuse(-1)

    class TestPoint:
        def test_times(self):
            assert Point(1, 2).times(3) == Point(3, 6)

    def test_data():
        with open(os.path.join(HERE, "data.txt")) as stream:
            assert stream.read() == "data"

    def test_state():
        assert lib.LIST == [1] and lib.TABLE == {"a": [1, 2], "b": []}
        assert Point.scale == 2
        assert not [name for name in dir_of() if name == "SPOILT"]

    def dir_of():
        return [key for key in lib.TABLE]
"""

# What random files are made of: state, a look at it, harmless tests, others.
STATE = """
    ITEMS = [1, 2]
    TABLE = {"a": [1]}
    SEEN = set()
    LIMIT = 3

    class Box:
        kind = "box"
        def __init__(self, *items):
            self.items = list(items)
        def doubled(self):
            return Box(*[i * 2 for i in self.items])

    class Bag(Box):
        def put(self, item):
            self.items.append(item)
            return self

    def pick(n, items=ITEMS):
        return items[:n]

    def grow(items):
        items += [9]
        return items

    def count(words):
        found = {}
        for w in words:
            found[w] = found.get(w, 0) + 1
        return found

    def steps(n):
        i = 0
        while i < n:
            yield i
            i += 1

    def remember(x, seen=SEEN):
        seen.add(x)
        return x
"""
CHECK = """assert state.ITEMS == [1, 2] and state.TABLE == {"a": [1]}
assert state.SEEN == set() and state.LIMIT == 3 and state.Box.kind == "box"
assert not [1 for name in ("more", "extra") if name in state.TABLE]"""
CALLS = (
    "assert state.pick(1) == [1]",
    "assert state.count('aab') == {'a': 2, 'b': 1}",
    "assert list(state.steps(3)) == [0, 1, 2]",
    "assert state.Box(1, 2).doubled().items == [2, 4]",
    "x = list(state.ITEMS)\nx.append(3)\nassert x == [1, 2, 3]",
    "assert [i for i in state.ITEMS if i > 1] == [2]",
    "assert sorted(state.TABLE) == ['a']",
    "assert max(state.ITEMS, key=lambda i: -i) == 1",
    "x = state.TABLE['a'][0]\nx += 1\nassert x == 2",
)
SPOILERS = (
    "assert state.grow(state.ITEMS)[-1] == 9",
    "assert state.remember(4) == 4",
    "state.Box.kind = 'other'",
    "state.TABLE['more'] = 1",
    "x = state.TABLE['a']\nx += [2]",
    "state.LIMIT = 4",
    "b = state.Bag()\nb.items = state.ITEMS\nassert b.put(5)",
    "state.TABLE.setdefault('extra', 1)",
    "for state.LIMIT in [5]:\n    assert 1",
    "for x in (state.ITEMS,):\n    x *= 2",
    "[x.pop() for x in state.TABLE.values()]",
    "del state.ITEMS[0]",
)


@unittest.skipUnless(_pytest_has_nodes(), "needs pytest 8")
class Inside(pytgraph_case.Case):

    def setUp(self):
        super().setUp()
        self.write("pytest.ini", "[pytest]\n")
        self.write("conftest.py", """
            import pytest
            @pytest.fixture(scope="session")
            def base(): return 7
        """)
        self.write("lib.py", LIB)
        self.write("data.txt", "data")

    def one(self, name):
        """(document, pid) of a file run by the worker; it equals that of the
        plain command."""
        alone = self.plain(name)[2]
        if self.worker is None:
            self.start()
        self.worker.run(self.arguments(name, "--inert"))
        status, ring, pid = self.worker.wait()
        doc = self.result(name)
        self.assertIsNotNone(doc, (name, status))
        self.assertEqual(ring, doc)
        self.assertEqual(steady(doc), steady(alone), name)
        self.assertEqual(status == 0, doc["status"] in ("passed", "empty"))
        return doc, pid

    def after(self, name, inside):
        """The document of the file `name`, run after and before a pure one.
        Is it run inside?"""
        self.write("test_pure.py", PURE)
        self.write("test_last.py", PURE)
        first = self.one("test_pure.py")[1]
        doc, pid = self.one(name)
        self.assertEqual(pid == first, inside, name)
        last, _ = self.one("test_last.py")
        self.assertEqual(last["status"], "passed")
        return doc

    def test_pure_files(self):
        for i in range(4):
            self.write("test_%d.py" % i, PURE)
        pids = {self.one("test_%d.py" % i)[1] for i in range(4)}
        self.assertEqual(len(pids), 1)
        self.assertEqual(self.one("test_2.py")[1], pids.pop())
        self.assertIn("\"collected\":7", self.read(".tgraph/test_2.py.json"))
        self.assertIn("lib.py", self.read(".tgraph/test_2.py.d"))

    def test_packages_of_tests(self):
        self.write("tests/__init__.py")
        self.write("tests/data.txt", "data")
        self.write("tests/test_a.py", PURE)
        self.write("tests/test_b.py", PURE)
        self.assertEqual(self.one("tests/test_a.py")[1],
                         self.one("tests/test_b.py")[1])

    def test_a_package_with_a_setup(self):
        self.write("tests/__init__.py", """
            import os
            def setup_module(): os.environ["SPOILT"] = "1"
        """)
        self.write("tests/test_a.py", "def test_a(): assert 1\n")
        self.write("tests/test_b.py", "def test_b(): assert 1\n")
        self.assertNotEqual(self.one("tests/test_a.py")[1],
                            self.one("tests/test_b.py")[1])

    def test_failure(self):
        self.write("test_it.py", """
            import lib
            def test_it():
                found = lib.total([1, 2])
                assert found == 4
            def test_other():
                assert True
        """)
        doc = self.after("test_it.py", False)
        self.assertEqual(doc["status"], "failed")
        self.assertIn("assert 3 == 4", doc["items"][0]["longrepr"])

    def test_error_of_a_fixture(self):
        self.write("test_it.py", """
            import pytest
            @pytest.fixture
            def bad():
                yield 1
                raise ValueError("late")
            def test_it(bad): assert bad
        """)
        self.assertEqual(self.after("test_it.py", False)["status"], "failed")

    def test_other_outcomes(self):
        self.write("test_it.py", """
            import pytest
            @pytest.mark.skipif("1 + 1 == 2", reason="why")
            def test_skip(): assert 0
            @pytest.mark.xfail
            def test_xfail(): assert 0
            def test_ok(): assert 1
        """)
        self.assertEqual(
            self.outcomes(self.after("test_it.py", False)),
            {"test_skip": "skipped", "test_xfail": "xfailed",
             "test_ok": "passed"})

    def test_warning(self):
        self.write("test_it.py", """
            def test_it():
                return 1
        """)
        self.assertEqual(len(self.after("test_it.py", False)["warnings"]), 1)

    def test_warning_of_the_compiler(self):
        self.write("test_it.py", """
            def test_it():
                assert (1, "always")
        """)
        doc = self.work("test_it.py", "--inert")[2]
        self.assertEqual(len(doc["warnings"]), 1)

    def test_asserts_of_other_modules(self):
        """What is not a test file is never rewritten, what is always."""
        self.write("test_it.py", """
            import pytest
            def test_it():
                with pytest.raises(AssertionError) as info:
                    assert 1 == 2
                assert "1 == 2" in str(info.value)
        """)
        self.assertEqual(self.after("test_it.py", False)["status"], "passed")

    def test_texts_of_asserts(self):
        """Those of rewritten asserts count, even of one that is caught."""
        self.write("test_it.py", """
            import pytest
            def test_a():
                try:
                    assert 1 == 2
                except AssertionError as exc:
                    assert str(exc) == ""
            def test_b():
                with pytest.raises(AssertionError, match="^msg$"):
                    assert 1 == 2, "msg"
            def test_c():
                assert 1, "never"
        """)
        self.assertEqual(
            self.outcomes(self.after("test_it.py", False)),
            {"test_a": "failed", "test_b": "failed", "test_c": "passed"})

    def test_generators_that_are_left(self):
        self.write("test_it.py", """
            def held():
                try:
                    yield 1
                finally:
                    raise ValueError("late")
            def test_it():
                loop = [held()]
                assert next(loop[0]) == 1
                loop.append(loop)
        """)
        self.work("test_it.py", "--inert")
        self.after("test_it.py", False)

    def test_spoilers(self):
        """None of these runs inside; the pure file after each passes."""
        spoilers = {
            "append": "def test_it(): lib.LIST.append(2)",
            "item": "def test_it(): lib.TABLE['a'] = 3",
            "attribute": "def test_it(): lib.LIST = None",
            "class": "def test_it(): lib.Point.scale = 3",
            "alias": "def test_it():\n    x = lib.LIST\n    x += [2]",
            "method": "def test_it():\n    f = lib.LIST.append\n    f(2)",
            "default": "def test_it(f=lib.LIST.append): f(2)",
            "environ": "import os\n"
                       "def test_it(): os.environ['SPOILT'] = '1'",
            "global": "def test_it():\n    global HERE\n    HERE = 1",
            "setattr": "def test_it(): setattr(lib, 'LIST', 3)",
            "module": "import sys\ndef test_it(): sys.path.insert(0, '/x')",
            "imports": "def test_it():\n    import colorsys",
            "setup": "def setup_module(): lib.LIST.append(2)\n"
                     "def test_it(): assert 1",
            "fixture": "import pytest\n@pytest.fixture(autouse=True)\n"
                       "def spoil(): lib.LIST.append(2)\n"
                       "def test_it(): assert 1",
            "monkeypatch": "def test_it(monkeypatch):\n"
                           "    monkeypatch.setattr(lib, 'LIST', [])",
            "parameter": "import pytest\n"
                         "@pytest.mark.parametrize('f', [lib.LIST.append])\n"
                         "def test_it(f): f(2)",
            "mark": "import pytest\n"
                    "@pytest.mark.skipif('lib.LIST.append(2)')\n"
                    "def test_it(): assert 1",
            "unittest": "import unittest\n"
                        "class TestIt(unittest.TestCase):\n"
                        "    def test_it(self): lib.LIST.append(2)",
        }
        for name, text in spoilers.items():
            with self.subTest(name):
                file = "test_spoil_%s.py" % name
                self.write(file, "import lib\n" + text + "\n")
                self.after(file, False)

    def test_random_files(self):
        """Files whose tests change what others look at, or don't: in whatever
        order they come, each passes that passes alone."""
        seed = int(os.environ.get("TGRAPH_SEED", "7"))
        rounds = int(os.environ.get("TGRAPH_ROUNDS", "1"))
        inside = 0
        for number in range(seed, seed + rounds):
            with self.subTest(seed=number):
                inside += self.random_files(random.Random(number))
        self.assertGreater(inside, 0)

    def random_files(self, choice):
        self.write("state.py", STATE)
        names = []
        for i in range(10):
            calls = choice.sample(CALLS, choice.randint(1, 4))
            spoil = choice.sample(SPOILERS, choice.random() < 0.4)
            tests = [CHECK] + calls + spoil
            choice.shuffle(tests)
            names.append("test_%d.py" % i)
            self.write(names[-1], "import state\n" + "".join(
                "def test_%d():\n    %s\n" % (k, t.replace("\n", "\n    "))
                for k, t in enumerate(tests)))
        inside = 0
        choice.shuffle(names)
        seen = set()
        for name in names + names[:3]:
            pid = self.one(name)[1]
            inside += pid in seen
            seen.add(pid)
        return inside

    def test_hooks_of_a_conftest(self):
        self.write("conftest.py", """
            import pytest
            @pytest.fixture
            def base(): return 7
            def pytest_runtest_call(item): item.add_report_section(
                "call", "more", "text")
        """)
        self.write("test_a.py", PURE)
        self.write("test_b.py", PURE)
        self.assertNotEqual(self.one("test_a.py")[1],
                            self.one("test_b.py")[1])

    def test_fixture_of_a_conftest(self):
        self.write("conftest.py", """
            import os
            import pytest
            @pytest.fixture
            def base():
                os.environ["SPOILT"] = "1"
                return 7
        """)
        self.write("test_a.py", PURE)
        self.write("test_b.py", PURE)
        self.assertNotEqual(self.one("test_a.py")[1],
                            self.one("test_b.py")[1])

    def test_session_fixture_is_made_anew(self):
        """As each file of a run of its own does."""
        self.write("conftest.py", """
            import pytest
            @pytest.fixture(scope="session")
            def base(): return []
        """)
        text = """
            def test_first(base):
                assert base == []
            def test_same(base):
                assert base is not None
        """
        self.write("test_a.py", text)
        self.write("test_b.py", text)
        self.assertEqual(self.one("test_a.py")[1], self.one("test_b.py")[1])

    def test_module_edited_between(self):
        self.write("test_a.py", PURE)
        first = self.one("test_a.py")[1]
        self.write("lib.py", LIB + "\n    def more(): LIST.append(4)\n")
        self.write("test_b.py", """
            import lib
            def test_b():
                assert lib.more() is None
        """)
        doc, pid = self.one("test_b.py")
        self.assertEqual(doc["status"], "passed")
        self.assertNotEqual(pid, first)

    def test_killed(self):
        """Ended while a file runs, it is that file's end, and no other's."""
        for number in signal.SIGTERM, signal.SIGKILL:
            self.write("test_pure.py", PURE)
            self.write("test_it.py", """
                def test_it():
                    while True:
                        pass
            """)
            pid = self.one("test_pure.py")[1]
            self.worker.run(self.arguments("test_it.py", "--inert"))
            kind, _, _, child, _, _ = self.worker.read()
            self.assertEqual((kind, child), (2, pid))
            self.assertEqual(os.getpgid(pid), pid)
            os.kill(-pid, number)
            status, doc, _ = self.worker.wait()
            self.assertTrue(os.WIFSIGNALED(status))
            self.assertEqual(os.WTERMSIG(status), number)
            self.assertIsNone(doc)
            self.assertIsNone(self.result("test_it.py"))
            self.assertEqual(self.one("test_pure.py")[0]["status"], "passed")

    def test_ends_with_its_worker(self):
        """A test that never ends does not outlive the worker."""
        self.write("test_pure.py", PURE)
        self.write("test_it.py", "def test_it():\n    while True: pass\n")
        pid = self.one("test_pure.py")[1]
        self.worker.run(self.arguments("test_it.py", "--inert"))
        self.assertEqual(self.worker.read()[3], pid)
        self.worker.process.terminate()
        self.worker.process.wait()
        with self.assertRaises(ProcessLookupError):
            while True:
                os.kill(pid, 0)

    def test_deep_recursion(self):
        self.write("test_it.py", """
            import pytest
            def deep(n): return deep(n + 1)
            def test_it():
                with pytest.raises(RecursionError):
                    deep(0)
        """)
        self.assertEqual(self.after("test_it.py", True)["status"], "passed")

    def test_many_files_do_not_pile_up(self):
        """What a file leaves in memory is gone with it."""
        self.write("test_a.py", PURE)
        self.write("test_b.py", PURE)
        pid = self.one("test_a.py")[1]
        sizes = []
        for i in range(30):
            for name in "test_a.py", "test_b.py":
                self.worker.run(self.arguments(name, "--inert"))
                self.assertEqual(self.worker.wait()[2], pid)
            with open("/proc/%d/statm" % pid) as stream:
                sizes.append(int(stream.read().split()[1]))
        self.assertLess(sizes[-1] - sizes[14], 64, sizes)


if __name__ == "__main__":
    unittest.main()
