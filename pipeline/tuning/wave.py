"""Attempts that run at once, and the trials they have so far."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence

from pipeline.learners import get_learner
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.journal import Journal
from pipeline.tuning.judges import Fold
from pipeline.tuning.prepared import FoldSet, fold_set
from pipeline.tuning.trials import Standing, Trial
from pipeline.tuning.watching import Watching

Place = tuple[FoldSet, Fold]
_Which = tuple[int, float]


class Wave:
    """One wave of attempts. Once `stop` is set, no trial is recorded any more."""

    def __init__(
        self,
        attempts: Sequence[Attempt],
        folds: Sequence[Fold],
        metric: str,
        journal: Journal,
        watching: Watching,
    ) -> None:
        self._attempts, self._folds, self._metric = attempts, folds, metric
        self._journal, self._watching = journal, watching
        self._trials: dict[_Which, list[Trial]] = {_which(attempt): [] for attempt in attempts}
        self._lock = threading.Lock()
        self.stop = threading.Event()
        """Set when what still runs is cancelled."""

    def due(self) -> dict[Place, list[Attempt]]:
        """What is not on record yet, by fold set and fold."""
        due: dict[Place, list[Attempt]] = {}
        for attempt in self._attempts:
            group = fold_set(get_learner(attempt.candidate.learner).family, attempt.candidate.features)
            for fold in self._folds:
                known = self._journal.found(attempt, fold)
                if known is None:
                    due.setdefault((group, fold), []).append(attempt)
                else:
                    self._watching.known(known)
                    self._add(known)
        return due

    def begins(self, trials: int) -> None:
        """So many trials are at work from now on."""
        self._watching.begins(trials)

    def record(self, trial: Trial) -> None:
        """A trial has ended; called from any thread."""
        with self._lock:
            if self.stop.is_set():  # a cancelled trial is neither a success nor a failure
                return
            self._journal.record(trial)
            self._watching.ended(trial)
            self._add(trial)

    def standings(self) -> list[Standing]:
        """One for each attempt that has all its folds, in their order."""
        with self._lock:
            found = [self._standing(attempt) for attempt in self._attempts]
        return [standing for standing in found if len(standing.trials) == len(self._folds)]

    def left(self, finished: Collection[int]) -> tuple[int, int]:
        """Attempts that have some of their folds, not all, and those that have none.

        Candidates whose numbers are `finished` do not count.
        """
        counts = [len(trials) for (number, _), trials in self._trials.items() if number not in finished]
        return sum(1 for count in counts if 0 < count < len(self._folds)), counts.count(0)

    def _add(self, trial: Trial) -> None:
        trials = self._trials[trial.candidate.number, trial.share]
        trials.append(trial)
        if len(trials) == len(self._folds):
            standing = self._standing(Attempt(trial.candidate, trial.share))
            self._journal.finish(standing)
            self._watching.finished(standing)

    def _standing(self, attempt: Attempt) -> Standing:
        ordered = tuple(sorted(self._trials[_which(attempt)], key=lambda trial: trial.fold))
        return Standing(attempt.candidate, self._metric, ordered)


def _which(attempt: Attempt) -> _Which:
    return attempt.candidate.number, attempt.share
