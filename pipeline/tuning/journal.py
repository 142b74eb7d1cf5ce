"""Where trials are put on record as they end, and found again after a killed driver."""

from __future__ import annotations

from typing import Protocol

from pipeline.tuning.attempts import Attempt
from pipeline.tuning.judges import Fold
from pipeline.tuning.trials import Standing, Trial


class Journal(Protocol):
    """The record of one search. Called from one thread at a time."""

    def found(self, attempt: Attempt, fold: Fold) -> Trial | None:
        """The trial of an earlier run of this very search, or None: it is to be done."""

    def record(self, trial: Trial) -> None:
        """A trial has ended."""

    def finish(self, standing: Standing) -> None:
        """An attempt has all its folds."""


class NoJournal:
    """Remembers nothing: for tests and benchmarks."""

    def found(self, attempt: Attempt, fold: Fold) -> Trial | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    def record(self, trial: Trial) -> None:
        """Forgotten at once."""

    def finish(self, standing: Standing) -> None:
        """Forgotten at once."""
