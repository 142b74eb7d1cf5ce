"""Searches on paper: a strategy against a made-up objective, without Spark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pipeline.config.model import Config
from pipeline.tuning.attempts import Attempt, Strategy
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing, Trial


def configured(learners: Any, features: dict[str, Any] | None = None, seed: int = 42, **train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "seed": seed,
            "sources": {"rows": {"path": "/nowhere"}},
            "features": {"label": "y", **(features or {})},
            "train": {"learners": learners, **train},
        }
    )


Objective = Callable[[Candidate, float], float]
"""The error of a candidate on a share of the rows; NaN fails it."""


def standing(attempt: Attempt, error: float) -> Standing:
    trial = Trial(attempt.candidate, 0, {"rmse": error}, share=attempt.share)
    return Standing(attempt.candidate, "rmse", (trial,))


def searched(strategy: Strategy, objective: Objective) -> list[Standing]:
    """All standings of a search over a made-up objective."""
    standings: list[Standing] = []
    while attempts := strategy.wave(standings):
        standings += [standing(attempt, objective(attempt.candidate, attempt.share)) for attempt in attempts]
        assert len(standings) < 2000
    return standings


def waves(strategy: Strategy, objective: Objective) -> list[list[tuple[int, float]]]:
    """Number and share of each attempt, by wave."""
    standings: list[Standing] = []
    found = []
    while attempts := strategy.wave(standings):
        found.append([(attempt.candidate.number, attempt.share) for attempt in attempts])
        standings += [standing(attempt, objective(attempt.candidate, attempt.share)) for attempt in attempts]
    return found


def assert_goes_on_alike(made: Callable[[], Strategy], objective: Objective) -> None:
    """A strategy made anew asks for the same after each wave as the one that ran through."""
    through, standings = made(), []
    while attempts := through.wave(standings):
        assert made().wave(standings) == attempts
        standings += [standing(attempt, objective(attempt.candidate, attempt.share)) for attempt in attempts]
    assert made().wave(standings) == ()
