"""What a person is told while trials run: how many run, how many failed, and the best so far."""

from __future__ import annotations

import threading

from pipeline.progress import Task
from pipeline.tuning.trials import Standing, Trial, ranked


class Watching:
    """One search as a listener sees it. Called from any thread."""

    def __init__(self, task: Task, metric: str) -> None:
        self._task, self._metric = task, metric
        self._running = self._failed = 0
        self._best: Standing | None = None
        self._lock = threading.Lock()

    def begins(self, trials: int) -> None:
        """So many trials are at work from now on."""
        with self._lock:
            self._running += trials
            self._task.begin(trials)
            self._tell()

    def known(self, trial: Trial) -> None:
        """A trial was done by an earlier driver."""
        with self._lock:
            self._failed += trial.failed is not None
            self._task.skip()
            self._tell()

    def ended(self, trial: Trial) -> None:
        """A trial is done."""
        with self._lock:
            self._running = max(0, self._running - 1)
            self._failed += trial.failed is not None
            self._tell()
            self._task.advance(_note(trial, self._metric))

    def finished(self, standing: Standing) -> None:
        """A candidate has all its folds."""
        with self._lock:
            if standing.failed is None:
                self._best = ranked([standing] if self._best is None else [self._best, standing])[0]
                self._tell()

    def _tell(self) -> None:
        counts = {"running": self._running, "failed": self._failed}
        told = [f"{count} {state}" for state, count in counts.items() if count]
        if self._best is not None:
            candidate = self._best.candidate
            told.append(
                f"best {self._metric} {_figure(self._best.mean)} by #{candidate.number} {candidate.learner}"
            )
        self._task.tell(", ".join(told))


def _note(trial: Trial, metric: str) -> str:
    share = "" if trial.share == 1.0 else f" on {100 * trial.share:.3g} % of the rows"
    outcome = "failed" if trial.failed else f"{metric} {_figure(trial.metrics[metric])}"
    return f"{trial.candidate.label} fold {trial.fold + 1}{share}: {outcome}"


def _figure(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"
