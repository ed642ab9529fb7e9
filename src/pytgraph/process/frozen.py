# SPDX-License-Identifier: Apache-2.0
"""gc.freeze() without its traces.

A process that forks children for files keeps its objects from the garbage
collector, so that no child copies them all to look at them. Frozen objects are
missing in what gc.get_objects() and gc.get_referrers() find; the first use of
these in a process thaws them.
"""

import gc

_plain = {}


def freeze():
    """gc.freeze(), which code under test can't tell."""
    if not _plain:
        _plain.update(objects=gc.get_objects, referrers=gc.get_referrers)
        gc.get_objects = get_objects
        gc.get_referrers = get_referrers
    gc.freeze()


def get_objects(*args, **kwargs):
    gc.unfreeze()
    return _plain["objects"](*args, **kwargs)


def get_referrers(*objects):
    gc.unfreeze()
    return [r for r in _plain["referrers"](*objects) if r is not objects]
