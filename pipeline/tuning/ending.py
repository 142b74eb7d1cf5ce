"""When a search ends before all was tried, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.config.search import Search
from pipeline.evaluation.metrics import is_better
from pipeline.tuning.trials import Standing

Reason = Literal["done", "time_budget", "target"]
Clock = Callable[[], float]
"""Seconds from some moment on."""


@dataclass(frozen=True)
class Ending:
    """How a search ended."""

    reason: Reason = "done"
    cut_off: int = 0
    """Candidates that were cancelled while they ran: they have no standing."""
    not_tried: int | None = 0
    """Candidates that never began; None where nobody knows how many there would have been."""

    @property
    def sentence(self) -> str | None:
        """What to tell of an early end; None where everything was tried."""
        if self.reason == "done":
            return None
        what = {"time_budget": "the time budget ended the search", "target": "the target is reached"}
        left = [f"{self.not_tried:,} not tried"] if self.not_tried else []
        left += [f"{self.cut_off:,} cut off"] if self.cut_off else []
        return f"{what[self.reason]}: {' and '.join(left)}" if left else what[self.reason]


class Limits:
    """The ends that `train.search` sets, from the moment this is made."""

    def __init__(self, search: Search, clock: Clock) -> None:
        self._clock, self._target = clock, search.target
        budget = search.time_budget
        self._end = None if budget is None else clock() + budget.total_seconds()

    @property
    def are_timed(self) -> bool:
        """Whether time can end the search."""
        return self._end is not None

    @property
    def are_over(self) -> bool:
        """Whether the time is over."""
        return self._end is not None and self._clock() >= self._end

    def reached(self, standings: Sequence[Standing]) -> bool:
        """Whether a candidate on all training rows is as good as the target, or better."""
        target = self._target
        return target is not None and any(
            not is_better(standing.metric, target, standing.mean)
            for standing in standings
            if standing.failed is None and standing.share == 1.0
        )
