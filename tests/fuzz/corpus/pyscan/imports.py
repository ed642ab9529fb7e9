from __future__ import annotations
import os, os.path as p
import a . b \
    as c
from . import x
from ...pkg.mod import (y as z, w,)
from q import *
import importlib, pytest
if TYPE_CHECKING:
    import hidden
elif False:
    import never
else:
    import seen
try:
    import fast
except (ImportError, OSError) as e:
    fast = None
else: import extra; from extra import more
finally:
    pass
def lazy(a, b=lambda c, d: 1, *args: int, e: str = "x", **kw) -> "T":
    import inner
    importlib.import_module("one.two")
    importlib.import_module(".rel", package="one.two")
    importlib.import_module(name)
    __import__("three")
    pytest.importorskip("four", minversion="1")
    with suppress(ImportError): import five
    exec(compile(src, "f.py", "exec"))
    sys.path.insert(0, "x")
pytest_plugins = ["plug.a", "plug" ".b"]
__all__ = ["m", "n"]
__all__ += other.__all__
