"""What is searched, and how: the values of a parameter, and the `train.search` section."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from pipeline.config.base import Choices, Duration, Number, Section, Wording

DEFAULT_ETA = 4
StrategyName = Literal["grid", "random", "halving", "hyperband", "tpe"]


class Range(Section):
    """All numbers from `low` to `high`. Whole numbers where the learner's parameter is one."""

    low: Number
    """The smallest value."""
    high: Number
    """The largest value."""
    log: bool = False
    """Whether each power of ten gets as many tries as the next, as a penalty or a learning rate needs it."""


def _shape(value: object) -> str:
    return "range" if isinstance(value, (Mapping, Range)) else "values"


Values = Annotated[
    Annotated[Choices, Tag("values")] | Annotated[Range, Tag("range")],
    Discriminator(_shape),
    Wording("a value, a list of at least one value, or a range: {low, high, log}"),
]


class Search(Section):
    """How candidates are chosen, and when the search ends."""

    strategy: StrategyName = "grid"
    """`grid`: every combination of the lists. `random`: combinations of values drawn from lists and ranges.
    `halving`: many candidates on a share of the training rows, of which the best go on to more rows.
    `hyperband`: several halvings, from many candidates on few rows to few candidates on all. `tpe`: the next
    candidates are drawn near those that did well."""
    max_trials: Annotated[int, Field(gt=0)] | None = None
    """At most this many candidates; of a grid, the learners give theirs in turns. Default: every combination
    (`grid`; `halving` without ranges), 64 (`halving` with ranges), 32 (`random`, `tpe`; with `time_budget` as
    many as it allows), or what the shares need (`hyperband`)."""
    time_budget: Duration | None = None
    """Nothing new begins after so much time of searching, and what runs is cancelled. Where
    none has succeeded on all training rows by then, one alone still does. Default: no end."""
    target: float | None = None
    """The search ends with the wave of candidates in which one reaches this value of `train.metric`: at most
    this where lower is better, at least this where higher is. Default: no end."""
    eta: Annotated[int, Field(ge=2, le=16)] | None = None
    """`halving`, `hyperband`: one candidate in so many goes on, to so many times the rows. Default: 4."""
    min_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """`halving`, `hyperband`: the smallest share of a fold's training rows that candidates are tried on.
    Default: 1/eta², or what gives 1,000 rows where that is more, and never above 1/eta."""


STRATEGY_KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"eta": ("halving", "hyperband"), "min_share": ("halving", "hyperband")}
)
"""Keys of `train.search` that only some strategies have."""
