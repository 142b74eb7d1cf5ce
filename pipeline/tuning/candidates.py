"""Candidates: learners with one set of parameters each, in an order that never changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Config
from pipeline.learners import get_learner


@dataclass(frozen=True)
class Candidate:
    """One learner with one set of parameters; `number` counts from 1 in the grid's order."""

    number: int
    learner: str
    params: Mapping[str, Any]
    features: Mapping[str, str] = field(default_factory=dict)
    """Feature settings that are searched: key of `features` → the value tried."""

    @property
    def label(self) -> str:
        """Short text for screens and run names: `#3 xgboost learning_rate=0.1 max_depth=5`."""
        chosen = {**self.params, **self.features}
        settings = " ".join(f"{name}={value}" for name, value in chosen.items())
        return f"#{self.number} {self.learner} {settings}".rstrip()


def grid(config: Config) -> tuple[Candidate, ...]:
    """Every combination of every learner, each learner's own order kept; duplicates are tried once.

    With `search.max_trials` the learners take turns until the number is reached.
    """
    per_learner = [list(_combinations(name, config)) for name in config.learners]
    if config.train.search.max_trials is None:
        chosen = [pair for pairs in per_learner for pair in pairs]
    else:
        turns = itertools.chain.from_iterable(itertools.zip_longest(*per_learner))
        picked = list(
            itertools.islice((pair for pair in turns if pair is not None), config.train.search.max_trials)
        )
        order = {name: place for place, name in enumerate(config.learners)}
        chosen = sorted(picked, key=lambda pair: order[pair[0]])
    return tuple(Candidate(number, name, params) for number, (name, params) in enumerate(chosen, start=1))


def _combinations(name: str, config: Config) -> Iterator[tuple[str, dict[str, Any]]]:
    choice = config.learners[name]
    space: Mapping[str, Sequence[Any]] = choice.space or {
        key: values for key, values in get_learner(name).default_space.items() if key not in choice.params
    }
    seen: set[tuple[Any, ...]] = set()
    for values in itertools.product(*space.values()):
        if values not in seen:
            seen.add(values)
            yield name, {**choice.params, **dict(zip(space, values, strict=True))}
