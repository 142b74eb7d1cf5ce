"""Hyperband: brackets of successive halving, from many candidates on few rows to few on all rows.

L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh and A. Talwalkar, "Hyperband: A Novel Bandit-Based Approach to
Hyperparameter Optimization", JMLR 18(185), 2018. It hedges: where few rows tell little, the later brackets
have lost nothing to them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from pipeline.config.model import Config
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import numbered
from pipeline.tuning.spaces import drawn
from pipeline.tuning.strategies.rungs import Bracket, eta_of, rungs, steps_of
from pipeline.tuning.trials import Standing


class Hyperband:
    """All brackets climb at once, a rung a wave: none looks at another's results."""

    def __init__(self, config: Config, rows: int) -> None:
        search = config.train.search
        eta = eta_of(search)
        sizes = bracket_sizes(steps_of(search, rows), eta)
        most = sum(sizes.values()) if search.max_trials is None else search.max_trials
        candidates = list(numbered(itertools.islice(drawn(config), min(most, sum(sizes.values())))))
        self._brackets: list[Bracket] = []
        for steps, size in sizes.items():
            mine, candidates = tuple(candidates[:size]), candidates[size:]
            if mine:
                self._brackets.append(Bracket(mine, rungs(len(mine), steps, eta)))
        self._is_last = False

    @property
    def planned(self) -> int:
        """The attempts of all rungs of all brackets, where nothing fails."""
        return sum(rung.candidates for bracket in self._brackets for rung in bracket.rungs)

    @property
    def needs_folds_again(self) -> bool:
        """Until the last rung is asked for."""
        return not self._is_last

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """The next rung of every bracket that has one."""
        attempts = [attempt for bracket in self._brackets for attempt in bracket.next_rung(standings)]
        self._is_last = all(attempt.share == 1.0 for attempt in attempts)
        return tuple(attempts)


def bracket_sizes(steps: int, eta: int) -> dict[int, int]:
    """Rungs below all rows → candidates that begin, of each bracket; each costs about the same.

    >>> bracket_sizes(2, 4)
    {2: 16, 1: 6, 0: 3}
    """
    return {below: math.ceil((steps + 1) / (below + 1) * eta**below) for below in range(steps, -1, -1)}
