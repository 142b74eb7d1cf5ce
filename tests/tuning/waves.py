"""The plainest strategy: candidates that are known from the start."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing


class OneWave:
    """All attempts at once: they are known from the start."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._attempts = tuple(map(Attempt, candidates))

    @property
    def planned(self) -> int:
        """All of them."""
        return len(self._attempts)

    @property
    def needs_folds_again(self) -> bool:
        """There is no later wave."""
        return False

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """All of them, once."""
        return () if standings else self._attempts
