"""What can be tried of each learner: every combination of its lists, or draws from lists and ranges."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pipeline.config.model import Config
from pipeline.config.search import Range
from pipeline.config.task import Task
from pipeline.learners import get_learner
from pipeline.learners.default_ranges import DEFAULT_RANGES
from pipeline.learners.parameters import Scalar

_MOST_LISTED = 10_000
"""Up to so many combinations are listed and shuffled; of more, some are drawn until they repeat."""
_MOST_REPEATS = 200
_DIGITS = 4

Values = tuple[Scalar, ...] | Range


@dataclass(frozen=True)
class Choice:
    """One learner with one set of parameters and of feature settings."""

    learner: str
    params: Mapping[str, Any]
    features: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """What can be tried of one learner."""

    learner: str
    task: Task
    fixed: Mapping[str, Scalar]
    params: Mapping[str, Values]
    features: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Settings of `features` that are searched and matter to this learner."""

    @property
    def size(self) -> int | None:
        """How many combinations there are; None with a range."""
        lists = [values for values in self.params.values() if not isinstance(values, Range)]
        if len(lists) < len(self.params):
            return None
        return math.prod(len(values) for values in [*lists, *self.features.values()])

    def combinations(self) -> Iterator[Choice]:
        """Every combination of a space without ranges, the last parameter fastest; each once."""
        lists = [values for values in self.params.values() if not isinstance(values, Range)]
        every = itertools.product(*lists, *self.features.values())
        return self._once(self.choice(values) for values in every)

    def draws(self, seed: int) -> Iterator[Choice]:
        """Choices at random, each once; it ends when there is nothing new."""
        random = Random(f"{seed} {self.learner}")
        if self.size is not None and self.size <= _MOST_LISTED:
            listed = list(self.combinations())
            random.shuffle(listed)
            yield from listed
            return
        yield from self._once(self._draw(random) for _ in itertools.count())

    def choice(self, values: Sequence[Any]) -> Choice:
        """The choice of one value for each parameter, then for each feature setting."""
        params = dict(zip(self.params, values, strict=False))
        features = dict(zip(self.features, values[len(self.params) :], strict=True))
        return Choice(self.learner, {**self.fixed, **params}, features)

    def is_whole(self, parameter: str) -> bool:
        """Whether a parameter is a whole number."""
        return get_learner(self.learner).defaults[parameter].type is int

    def identity(self, choice: Choice) -> tuple[Any, ...]:
        """What two choices have in common that would give the same model: 1 and 1.0 are one number."""
        complete = get_learner(self.learner).complete(choice.params, self.task)
        return (self.learner, *complete.items(), *sorted(choice.features.items()))

    def _draw(self, random: Random) -> Choice:
        values: list[Any] = []
        for name, allowed in self.params.items():
            if isinstance(allowed, Range):
                values.append(number_at(allowed, random.random(), whole=self.is_whole(name)))
            else:
                values.append(random.choice(allowed))
        return self.choice([*values, *(random.choice(allowed) for allowed in self.features.values())])

    def _once(self, choices: Iterable[Choice]) -> Iterator[Choice]:
        seen: set[tuple[Any, ...]] = set()
        repeats = 0
        for choice in choices:
            identity = self.identity(choice)
            if identity not in seen:
                seen.add(identity)
                repeats = 0
                yield choice
            elif (repeats := repeats + 1) > _MOST_REPEATS and self.size is None:
                return


def spaces_of(config: Config) -> tuple[Space, ...]:
    """One space a learner, in the order of the configuration.

    A learner that says no space searches its default lists in a grid and its default ranges elsewhere.
    """
    return tuple(_space(name, config) for name in config.learners)


def in_turns(streams: Iterable[Iterator[Choice]]) -> Iterator[Choice]:
    """The first of each stream, the second of each, and so on."""
    for turn in itertools.zip_longest(*streams):
        yield from (choice for choice in turn if choice is not None)


def drawn(config: Config) -> Iterator[Choice]:
    """Choices at random, each once, the learners in turns; endless only where spaces are."""
    return in_turns([space.draws(config.seed) for space in spaces_of(config)])


def number_at(allowed: Range, place: float, *, whole: bool) -> int | float:
    """The number at a place between 0 and 1 of a range; a fraction has four digits that count."""
    half = 0.5 if whole and not allowed.log else 0.0
    low, high = allowed.low - half, allowed.high + half
    if allowed.log:
        found = math.exp(math.log(low) + place * (math.log(high) - math.log(low)))
    else:
        found = low + place * (high - low)
    return rounded(allowed, found, whole=whole)


def rounded(allowed: Range, number: float, *, whole: bool) -> int | float:
    """A number of the range: a whole one, or one with four digits that count."""
    found = round(number) if whole else float(f"{number:.{_DIGITS}g}")
    return min(max(found, allowed.low), allowed.high)


def _space(name: str, config: Config) -> Space:
    choice, learner = config.learners[name], get_learner(name)
    params: Mapping[str, Values] = choice.space
    if not params:
        default: Mapping[str, Values] = (
            learner.default_space if config.train.search.strategy == "grid" else DEFAULT_RANGES[name]
        )
        params = {key: values for key, values in default.items() if key not in choice.params}
    return Space(name, config.task, choice.params, params, config.features.searched(learner.family))
