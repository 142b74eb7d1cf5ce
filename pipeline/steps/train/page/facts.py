"""What the page is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from pipeline.steps.train.page.numbers import written
from pipeline.tuning.trials import Standing, Trial


@dataclass(frozen=True)
class SearchFacts:
    """One search that has ended, with the winner's measures."""

    project: str
    label: str
    metric: str
    strategy: str
    standings: tuple[Standing, ...]
    """The winner, the other candidates from the best on, the failed ones last; never empty."""
    trials: tuple[Trial, ...]
    """All trials on record, those of an earlier driver and of smaller shares too."""
    preparing_seconds: float
    """Spent on fitting the features of folds, by the last driver, on all threads together."""
    begun: datetime
    ended_early: str | None = None
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    baseline_metrics: Mapping[str, float] = field(default_factory=dict)
    test_rows: int = 0

    @property
    def winner(self) -> Standing:
        """The candidate that was refitted."""
        return self.standings[0]

    @property
    def succeeded(self) -> tuple[Standing, ...]:
        """The candidates that did not fail, in their order."""
        return tuple(standing for standing in self.standings if standing.failed is None)

    @property
    def learners(self) -> tuple[str, ...]:
        """The learners that were tried, the best one first."""
        return tuple(dict.fromkeys(standing.candidate.learner for standing in self.standings))

    @property
    def folds(self) -> int:
        """How many folds judged."""
        return max(len(standing.trials) for standing in self.standings)

    @cached_property
    def searched(self) -> Mapping[str, tuple[str, ...]]:
        """Learner → the settings that differ among its candidates: the others would only fill lines."""
        return {learner: self._searched(learner) for learner in self.learners}

    def _searched(self, learner: str) -> tuple[str, ...]:
        own = [settings(found) for found in self.standings if found.candidate.learner == learner]
        names = dict.fromkeys(name for values in own for name in values)
        return tuple(name for name in names if len({repr(values.get(name)) for values in own}) > 1)

    def chosen(self, standing: Standing) -> str:
        """The searched settings of a candidate: `max_depth=3 scale=robust`."""
        values = settings(standing)
        names = self.searched[standing.candidate.learner]
        return " ".join(f"{name}={written(values[name])}" for name in names if name in values)


def settings(standing: Standing) -> dict[str, Any]:
    """A candidate's parameters and feature settings."""
    return {**standing.candidate.params, **standing.candidate.features}
