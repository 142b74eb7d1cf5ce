"""Every combination of every learner's lists."""

from __future__ import annotations

import itertools

from pipeline.config.model import Config
from pipeline.tuning.candidates import combinations_in_turns, grid
from pipeline.tuning.spaces import Choice
from pipeline.tuning.strategies.listed import Listed, wave_of


class Grid(Listed):
    """The grid: all at once; where the search may end early, in waves in which the learners take turns."""

    def __init__(self, config: Config) -> None:
        wave = wave_of(config)
        if wave is None:
            choices = [Choice(item.learner, item.params, item.features) for item in grid(config)]
        else:
            choices = list(itertools.islice(combinations_in_turns(config), config.train.search.max_trials))
        super().__init__(choices, len(choices), wave)
