"""Candidates drawn at random from lists and ranges."""

from __future__ import annotations

import itertools

from pipeline.config.model import Config
from pipeline.tuning.spaces import drawn
from pipeline.tuning.strategies.listed import Listed, wave_of

DEFAULT_TRIALS = 32
"""How many candidates are drawn where neither `max_trials` nor `time_budget` says."""


class Random(Listed):
    """Distinct candidates, the learners in turns; the first ones are the same for any number of them."""

    def __init__(self, config: Config) -> None:
        most = most_trials(config)
        if most is None:
            super().__init__(drawn(config), None, wave_of(config))
        else:
            choices = list(itertools.islice(drawn(config), most))
            super().__init__(choices, len(choices), wave_of(config))


def most_trials(config: Config) -> int | None:
    """How many candidates at most; None where time alone ends the search."""
    search = config.train.search
    if search.max_trials is None and search.time_budget is None:
        return DEFAULT_TRIALS
    return search.max_trials
