"""Candidates: learners with one set of parameters each, in an order that never changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.model import Config
from pipeline.tuning.spaces import Choice, in_turns, spaces_of


@dataclass(frozen=True)
class Candidate:
    """One learner with one set of parameters; `number` counts from 1 in the order they are asked for."""

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
    order = {name: place for place, name in enumerate(config.learners)}
    picked = itertools.islice(combinations_in_turns(config), config.train.search.max_trials)
    return numbered(sorted(picked, key=lambda choice: order[choice.learner]))


def combinations_in_turns(config: Config) -> Iterator[Choice]:
    """Every combination of every learner, the learners in turns."""
    return in_turns([space.combinations() for space in spaces_of(config)])


def numbered(choices: Iterable[Choice], first: int = 1) -> tuple[Candidate, ...]:
    """Candidates of choices, numbered from `first` on."""
    return tuple(
        Candidate(number, choice.learner, choice.params, choice.features)
        for number, choice in enumerate(choices, start=first)
    )
