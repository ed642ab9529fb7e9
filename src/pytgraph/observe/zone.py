# SPDX-License-Identifier: Apache-2.0
"""Who reads the time zone that the module time found when it was loaded.

The functions of C that read TZ are seen by the library (library.py). The
constants of time were made by one of them before anybody was there, so the
module's class is replaced by a subclass in which they tell that they are read.
All else is looked up as before.
"""

import time
import types

NAMES = ("timezone", "altzone", "daylight", "tzname")


class Clock(types.ModuleType):
    """The module time."""

    def __reduce_ex__(self, protocol):
        # Some picklers know modules by their very class.
        return __import__, (self.__name__,)


def _constant(name, tell):
    def get(self):
        tell("TZ")
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError("module 'time' has no attribute %r" % name) \
                from None

    def put(self, value):
        self.__dict__[name] = value

    def remove(self):
        try:
            del self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None

    return property(get, put, remove)


def install(tell):
    """tell(name of a variable) from now on."""
    if type(time) is not types.ModuleType:
        return
    for name in NAMES:
        setattr(Clock, name, _constant(name, tell))
    Clock.__name__ = Clock.__qualname__ = "module"
    time.__class__ = Clock
