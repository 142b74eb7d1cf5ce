"""Successive halving: all begin on few rows, the best go on to more.

K. Jamieson and A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization",
AISTATS 2016. The budget is the share of the training rows; shares are nested.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pipeline.config.model import Config
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate, grid, numbered
from pipeline.tuning.spaces import drawn, spaces_of
from pipeline.tuning.strategies.rungs import Bracket, eta_of, rungs, steps_of
from pipeline.tuning.trials import Standing

DEFAULT_TRIALS = 64
"""How many candidates begin where a range is searched and `max_trials` does not say."""


class Halving:
    """One bracket. The grid begins where it is finite and not too large; otherwise draws do."""

    def __init__(self, config: Config, rows: int) -> None:
        candidates = _beginners(config)
        search = config.train.search
        ladder = rungs(len(candidates), steps_of(search, rows), eta_of(search))
        self._bracket = Bracket(candidates, ladder)
        self._is_last = len(ladder) == 1

    @property
    def planned(self) -> int:
        """The attempts of all rungs, where nothing fails."""
        return sum(rung.candidates for rung in self._bracket.rungs)

    @property
    def needs_folds_again(self) -> bool:
        """Until the last rung is asked for."""
        return not self._is_last

    def wave(self, standings: Sequence[Standing]) -> tuple[Attempt, ...]:
        """The next rung."""
        attempts = self._bracket.next_rung(standings)
        self._is_last = not attempts or attempts[0].share == 1.0
        return attempts


def _beginners(config: Config) -> tuple[Candidate, ...]:
    most = config.train.search.max_trials
    sizes = [space.size for space in spaces_of(config)]
    listed = [size for size in sizes if size is not None]
    if len(listed) == len(sizes) and (most is None or sum(listed) <= most):
        return grid(config)
    return numbered(itertools.islice(drawn(config), most or DEFAULT_TRIALS))
