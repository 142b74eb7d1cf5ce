"""Trials and what they add up to: one candidate on one fold, and the candidate's standing over all folds."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.evaluation.metrics import is_better
from pipeline.learners import LEARNERS, get_learner
from pipeline.tuning.candidates import Candidate


@dataclass(frozen=True)
class Trial:
    """One candidate fitted without one fold, on a share of its training rows, and measured on it."""

    candidate: Candidate
    fold: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    share: float = 1.0
    training_metrics: Mapping[str, float] = field(default_factory=dict)
    """The same metrics on the rows that were fitted; empty where the runner did not measure them."""
    placement: str = "distributed"
    """Where it ran: `local` (inside one task) or `distributed`."""
    estimated_bytes: int | None = None
    """What placing it was decided by."""
    used_bytes: int | None = None
    """The most memory its matrix and fit took; None where that is not told."""
    rounds: int | None = None
    """Boosting rounds that early stopping chose."""
    seconds: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    """Seconds of it by what they went into, such as `fit` and `evaluation`; empty where that is not told."""
    failed: str | None = None
    by_machines: bool = False
    """Whether it failed because machines did: whoever takes the search up again does it again."""
    note: str | None = None
    """What else happened, such as why it was not done where it was placed."""


@dataclass(frozen=True)
class Standing:
    """One candidate over all folds. A failed or NaN trial fails it: means over fewer folds do not compare."""

    candidate: Candidate
    metric: str
    trials: tuple[Trial, ...]

    @property
    def share(self) -> float:
        """The share of the training rows that its trials were fitted on."""
        return self.trials[0].share if self.trials else 1.0

    @property
    def failed(self) -> str | None:
        """Why this candidate cannot win, or None."""
        for trial in self.trials:
            if trial.failed:
                return f"fold {trial.fold + 1}: {trial.failed}"
            if not math.isfinite(trial.metrics[self.metric]):
                return f"fold {trial.fold + 1}: {self.metric} is {trial.metrics[self.metric]}"
        return None

    @property
    def values(self) -> tuple[float, ...]:
        """The metric on each fold, NaN where the trial failed."""
        return tuple(trial.metrics.get(self.metric, math.nan) for trial in self.trials)

    @property
    def mean(self) -> float:
        """The mean over folds; NaN for a candidate that failed."""
        return math.nan if self.failed else statistics.fmean(self.values)

    @property
    def spread(self) -> float:
        """The sample standard deviation over folds; 0 with one fold, NaN for a candidate that failed."""
        if self.failed:
            return math.nan
        return statistics.stdev(self.values) if len(self.values) > 1 else 0.0

    @property
    def metrics(self) -> dict[str, float]:
        """The mean over folds of every metric; empty for a candidate that failed."""
        if self.failed:
            return {}
        return {
            name: statistics.fmean(trial.metrics[name] for trial in self.trials)
            for name in self.trials[0].metrics
        }

    @property
    def training_mean(self) -> float | None:
        """The mean over folds of the metric on the rows that were fitted; None where that is not known."""
        found = [trial.training_metrics.get(self.metric, math.nan) for trial in self.trials]
        mean = statistics.fmean(found) if found and not self.failed else math.nan
        return mean if math.isfinite(mean) else None

    @property
    def gap(self) -> float | None:
        """Training minus validation: far from zero, the candidate learned its training rows by heart."""
        training = self.training_mean
        return None if training is None else training - self.mean

    @property
    def placement(self) -> str:
        """Where its trials ran: `local`, `distributed`, or both."""
        return " and ".join(dict.fromkeys(trial.placement for trial in self.trials))

    @property
    def rounds(self) -> int | None:
        """One common number of boosting rounds for the refit: the mean of the folds' own, rounded."""
        found = [trial.rounds for trial in self.trials if trial.rounds is not None]
        return max(1, round(statistics.fmean(found))) if found and not self.failed else None

    @property
    def seconds(self) -> float:
        """Time spent in this candidate's trials, on all threads together."""
        return sum(trial.seconds for trial in self.trials)


def ranked(standings: Sequence[Standing]) -> tuple[Standing, ...]:
    """The best first, failed ones last. Equal means: the simpler candidate, then the smaller number.

    A candidate that was tried on several shares of the rows stands with the largest. What was fitted on more
    rows comes before what was fitted on fewer: their means do not compare.
    """
    largest: dict[int, Standing] = {}
    for standing in sorted(standings, key=lambda standing: standing.share):
        largest[standing.candidate.number] = standing
    usable = [standing for standing in largest.values() if standing.failed is None]
    failed = [standing for standing in largest.values() if standing.failed is not None]

    def order(standing: Standing) -> tuple[float, float, tuple[int, float], int]:
        sign = 1.0 if is_better(standing.metric, 0.0, 1.0) else -1.0
        candidate = standing.candidate
        return -standing.share, sign * standing.mean, simplicity(candidate), candidate.number

    return (*sorted(usable, key=order), *sorted(failed, key=lambda standing: standing.candidate.number))


def simplicity(candidate: Candidate) -> tuple[int, float]:
    """Smaller is simpler: first by the learner, in the registry's order, then by what it can express."""
    kind = list(LEARNERS).index(candidate.learner)
    return kind, get_learner(candidate.learner).complexity(candidate.params)
