"""What a search strategy asks for: candidates to try, on a share of the training rows, wave after wave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing


@dataclass(frozen=True)
class Attempt:
    """One candidate on every fold, fitted on a share of each fold's training rows.

    Shares are nested: the rows of a smaller one are among those of a larger one. All judges judge.
    """

    candidate: Candidate
    share: float = 1.0


class Strategy(Protocol):
    """Decides what is tried next, by results alone: its decisions do not depend on the machine."""

    @property
    def planned(self) -> int | None:
        """How many attempts there will be in all; None where results decide."""

    @property
    def needs_folds_again(self) -> bool:
        """Whether a later wave may try more on the same folds, so that they are to be kept."""

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """The next attempts, all of which may run at once, given every standing so far; empty at the end.

        The numbers of candidates are new ones, or those of candidates tried on a smaller share.
        """
