# SPDX-License-Identifier: Apache-2.0
"""What is used of pytest though its name begins with an underscore, or though
no page of its manual has it. Each function gives one part, or None where this
pytest has it not; then:

    rewriting_cache     modules whose asserts are rewritten are kept where and
                        how pytest keeps them
"""


def rewriting_cache():
    """The module with the functions through which rewritten modules go (pytest
    7.0 to 9.x)."""
    from _pytest.assertion import rewrite
    names = ("try_makedirs", "_read_pyc", "_rewrite_test", "_write_pyc",
             "PYC_TAIL")
    return rewrite if all(hasattr(rewrite, n) for n in names) else None
