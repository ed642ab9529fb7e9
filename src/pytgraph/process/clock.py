# SPDX-License-Identifier: Apache-2.0
"""Where the time of a file goes.

Each moment belongs to the part of the work that ends next:

    prepare  from the request to the fork: sessions, branches and nodes are made
    start    from there (the fork, or the start of Python and pytest) until
             pytest collects
    import   the test modules are imported
    collect  the rest of collection
    run      the tests
    report   the end of the session, and putting the results together
    end      until the process is gone and its results are written
"""

from time import perf_counter


class Clock:
    """The clock of one file; it goes with it from process to process, all of
    which count from the same moment. `at` is where the current part began."""

    def __init__(self, began=None):
        self.began = self.at = perf_counter() if began is None else began
        self.parts = {}

    def ends(self, part, clock=perf_counter):
        """The part that has lasted until now is this one. (clock: whatever a
        test puts in the place of our names.)"""
        now = clock()
        self.parts[part] = self.parts.get(part, 0.0) + now - self.at
        self.at = now

    def times(self):
        """Seconds by part."""
        return {part: round(time, 6) for part, time in self.parts.items()}

    def end_of(self, times):
        """Add to what the process of a file has told of its `times` the
        part that it could not know."""
        told = sum(times.values())
        times["end"] = round(max(
            perf_counter() - self.began - told, 0.0), 6)
