"""Candidates whose order no result changes, asked for all at once or in waves."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from pipeline.config.model import Config
from pipeline.config.search import Search
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.spaces import Choice
from pipeline.tuning.trials import Standing

WAVE = 8
"""Candidates of one wave where a search may end early: the same on every machine."""


class Listed:
    """Choices in their order. `planned` is how many there are, None where nobody knows."""

    def __init__(self, choices: Iterable[Choice], planned: int | None, wave: int | None) -> None:
        """With `wave` None all are asked for at once, and there must be an end to them."""
        self._candidates = (
            Candidate(number, choice.learner, choice.params, choice.features)
            for number, choice in enumerate(choices, start=1)
        )
        self._planned, self._size = planned, wave
        self._asked: list[Candidate] = []
        self._is_last = False

    @property
    def planned(self) -> int | None:
        """All of them."""
        return self._planned

    @property
    def needs_folds_again(self) -> bool:
        """Until the last wave is asked for."""
        return not self._is_last

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """The next of them, behind those that have a standing."""
        begin = len(standings)
        end = None if self._size is None else begin + self._size
        # One more than is asked for tells whether that is all.
        wanted = None if end is None else max(0, end + 1 - len(self._asked))
        self._asked += itertools.islice(self._candidates, wanted)
        self._is_last = end is None or end >= len(self._asked)
        return tuple(map(Attempt, self._asked[begin:end]))


def may_end_early(search: Search) -> bool:
    """Whether what is asked for at once must be little."""
    return search.time_budget is not None or search.target is not None


def wave_of(config: Config) -> int | None:
    """The size of a wave, None for one wave of all."""
    return WAVE if may_end_early(config.train.search) else None
