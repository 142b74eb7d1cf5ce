"""Attempts that run at once, and the trials they have so far."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pipeline.learners import get_learner
from pipeline.progress import Task
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.journal import Journal
from pipeline.tuning.judges import Fold
from pipeline.tuning.prepared import FoldSet, fold_set
from pipeline.tuning.trials import Standing, Trial

Place = tuple[FoldSet, Fold]
_Which = tuple[int, float]


class Wave:
    """One wave of attempts. Once `stop` is set, no trial is recorded any more."""

    def __init__(
        self, attempts: Sequence[Attempt], folds: Sequence[Fold], metric: str, journal: Journal, task: Task
    ) -> None:
        self._attempts, self._folds, self._metric = attempts, folds, metric
        self._journal, self._task = journal, task
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
                    self._add(known)
        return due

    def record(self, trial: Trial) -> None:
        """A trial has ended; called from any thread."""
        with self._lock:
            if self.stop.is_set():  # a cancelled trial is neither a success nor a failure
                return
            self._journal.record(trial)
            self._add(trial)

    def standings(self) -> list[Standing]:
        """One for each attempt that has all its folds, in their order."""
        with self._lock:
            found = [self._standing(attempt) for attempt in self._attempts]
        return [standing for standing in found if len(standing.trials) == len(self._folds)]

    @property
    def cut_off(self) -> int:
        """Attempts that have some of their folds, not all."""
        return sum(1 for trials in self._trials.values() if 0 < len(trials) < len(self._folds))

    @property
    def not_begun(self) -> int:
        """Attempts without a trial."""
        return sum(1 for trials in self._trials.values() if not trials)

    def _add(self, trial: Trial) -> None:
        trials = self._trials[trial.candidate.number, trial.share]
        trials.append(trial)
        self._task.advance(_note(trial, self._metric))
        if len(trials) == len(self._folds):
            self._journal.finish(self._standing(Attempt(trial.candidate, trial.share)))

    def _standing(self, attempt: Attempt) -> Standing:
        ordered = tuple(sorted(self._trials[_which(attempt)], key=lambda trial: trial.fold))
        return Standing(attempt.candidate, self._metric, ordered)


def _which(attempt: Attempt) -> _Which:
    return attempt.candidate.number, attempt.share


def _note(trial: Trial, metric: str) -> str:
    outcome = "failed" if trial.failed else f"{metric} {trial.metrics[metric]:,.4g}"
    return f"{trial.candidate.label} fold {trial.fold + 1}: {outcome}"
