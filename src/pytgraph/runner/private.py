# SPDX-License-Identifier: Apache-2.0
"""What is used of pytest though its name begins with an underscore, or though
no page of its manual has it. Each part here gives one, or None where this
pytest has it not; then:

    Main                pytest can't wait for files: see there
    config_class        -
    rewriting_cache     modules whose asserts are rewritten are kept where and
                        how pytest keeps them
"""


class Main:
    """Another function in the place of pytest's main loop, which collects and
    runs what a started session has."""

    def __init__(self, function):
        import _pytest.main
        self.module = _pytest.main
        self.plain = _pytest.main._main
        self.module._main = function

    def __enter__(self):
        return self

    def restore(self):
        self.module._main = self.plain

    def __exit__(self, *exc):
        self.restore()


def config_class():
    """The class of pytest's configuration."""
    from _pytest.config import Config
    return Config


def rewriting_cache():
    """The module with the functions through which rewritten modules go (pytest
    7.0 to 9.x)."""
    from _pytest.assertion import rewrite
    names = ("try_makedirs", "_read_pyc", "_rewrite_test", "_write_pyc",
             "PYC_TAIL")
    return rewrite if all(hasattr(rewrite, n) for n in names) else None
