"""How long the rest of a task takes, from the parts that are done and those at work."""

from __future__ import annotations

import time

from pipeline.cli.text import elapsed


class Pace:
    """The parts of one task. `total` is None where their number is not known.

    The clock starts when the first part does, so that what came before is not held against the rest. Parts
    that run side by side end nearly together: until as many are done as were at work at once, nothing is
    said; after that those at work count as half done.
    """

    def __init__(self, total: int | None) -> None:
        self.total = total
        self.done = 0
        self.running = 0
        self._skipped = 0
        self._most_at_once = 0
        self._begun = time.monotonic()
        self._has_begun = False

    def begin(self, parts: int) -> None:
        """So many are at work."""
        if not self._has_begun:
            self._has_begun, self._begun = True, time.monotonic()
        self.running += parts
        self._most_at_once = max(self._most_at_once, self.running)

    def advance(self) -> None:
        """One is done."""
        self.done += 1
        self.running = max(0, self.running - 1)

    def skip(self, parts: int) -> None:
        """So many were done before."""
        self.done += parts
        self._skipped += parts

    @property
    def parts(self) -> str:
        """`3 of 12`, or `3`."""
        return str(self.done) if self.total is None else f"{self.done} of {self.total}"

    @property
    def left(self) -> str:
        """`about 3 min 20 s left`; nothing while too little is known, at the end, and below a second."""
        now_done = self.done - self._skipped
        if self.total is None or self.done >= self.total or now_done < max(1, self._most_at_once):
            return ""
        worth = now_done + self.running / 2
        rest = self.total - self._skipped - worth
        left = (time.monotonic() - self._begun) / worth * rest
        return f"about {elapsed(left)} left" if left >= 1 else ""
