from __future__ import annotations

import math
import statistics
import warnings
from typing import Any

import optuna
import pytest

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.strategies.random import Random
from pipeline.tuning.strategies.tpe import Tpe
from tests.tuning.strategies.paper import assert_goes_on_alike, configured, searched

SPACE = {"subsample": {"low": 0.1, "high": 1.0}, "colsample_bytree": {"low": 0.1, "high": 1.0}}
LEARNERS = {
    "xgboost": {"space": SPACE},
    "decision_tree": {"space": {"maxDepth": {"low": 1, "high": 30}, "minInstancesPerNode": [1, 5]}},
}


def bowl(candidate: Candidate, _: float) -> float:
    """A quadratic: lowest at 0.7 and 0.3, and a learner that is always worse."""
    if candidate.learner != "xgboost":
        return 1.0
    return (candidate.params["subsample"] - 0.7) ** 2 + (candidate.params["colsample_bytree"] - 0.3) ** 2


def made(kind: Any, seed: int = 42, learners: Any = LEARNERS, **search: Any) -> Any:
    strategy = "tpe" if kind is Tpe else "random"
    return kind(configured(learners, seed=seed, search={"strategy": strategy, "max_trials": 48, **search}))


def test_it_finds_the_bottom_of_a_bowl_sooner_than_chance_does() -> None:
    def lowest(kind: Any) -> float:
        found = [min(item.mean for item in searched(made(kind, seed), bowl)) for seed in range(5)]
        return statistics.median(found)

    assert lowest(Tpe) < lowest(Random) / 2


def test_it_turns_to_the_learner_that_does_better() -> None:
    found = searched(made(Tpe), bowl)
    assert len(found) == 48
    assert [item.candidate.number for item in found] == list(range(1, 49))
    later = [item.candidate.learner for item in found[24:]]
    assert later.count("xgboost") > 18


def test_every_candidate_is_a_new_one_and_in_its_range() -> None:
    found = searched(made(Tpe, learners={"decision_tree": LEARNERS["decision_tree"]}, max_trials=60), bowl)
    tried = [tuple(item.candidate.params.values()) for item in found]
    assert len(set(tried)) == len(tried) == 60  # all there are: 30 depths × 2
    assert {depth for depth, _ in tried} == set(range(1, 31))
    assert all(isinstance(depth, int) for depth, _ in tried)


def test_it_ends_when_nothing_is_left() -> None:
    space = {"maxDepth": {"low": 1, "high": 5}}
    found = searched(made(Tpe, learners={"decision_tree": {"space": space}}), bowl)
    assert sorted(item.candidate.params["maxDepth"] for item in found) == [1, 2, 3, 4, 5]
    strategy = made(Tpe, learners={"decision_tree": {"space": {"maxDepth": [1, 2, 3]}}})
    assert strategy.planned == 3


@pytest.mark.parametrize("objective", [bowl, lambda *_: math.nan, lambda *_: 1.0])
def test_a_search_goes_on_where_it_was_killed(objective: Any) -> None:
    assert_goes_on_alike(lambda: made(Tpe, max_trials=30), objective)


def test_the_seed_decides() -> None:
    assert searched(made(Tpe), bowl) == searched(made(Tpe), bowl)
    assert searched(made(Tpe), bowl) != searched(made(Tpe, seed=1), bowl)


def test_feature_settings_are_searched_with_the_rest() -> None:
    config = configured(
        {"linear_regression": {}, "xgboost": {}},
        {"scale": ["standard", "robust", "minmax"]},
        search={"strategy": "tpe", "max_trials": 40},
    )

    def error(candidate: Candidate, _: float) -> float:
        return 0.1 if candidate.features.get("scale") == "robust" else 1.0

    found = [item.candidate for item in searched(Tpe(config), error)]
    assert all(item.features == {} for item in found if item.learner == "xgboost")
    assert sum(item.features.get("scale") == "robust" for item in found[16:]) > 12


def test_optuna_is_silent_and_left_as_it_was() -> None:
    before = optuna.logging.get_verbosity()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searched(made(Tpe, max_trials=20), bowl)
    assert optuna.logging.get_verbosity() == before


def test_with_a_budget_alone_it_goes_on_and_on() -> None:
    strategy = Tpe(configured({"xgboost": {}}, search={"strategy": "tpe", "time_budget": "1h"}))
    assert (strategy.planned, len(strategy.wave([])), strategy.needs_folds_again) == (None, 8, True)
