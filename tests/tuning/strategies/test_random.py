from __future__ import annotations

from pipeline.tuning.strategies.random import Random
from tests.tuning.strategies.paper import assert_goes_on_alike, configured, searched

SPACE = {
    "max_depth": {"low": 2, "high": 9},
    "learning_rate": {"low": 0.01, "high": 0.3, "log": True},
    "subsample": [0.5, 1.0],
}


def drawn(seed: int = 42, **search: object) -> list[tuple[str, dict[str, object]]]:
    learners = {"xgboost": {"params": {"n_estimators": 50}, "space": SPACE}, "linear_regression": {}}
    config = configured(learners, seed=seed, search={"strategy": "random", **search})
    found = searched(Random(config), lambda *_: 1.0)
    return [(item.candidate.learner, dict(item.candidate.params)) for item in found]


def test_candidates_differ_and_lie_in_their_ranges() -> None:
    found = drawn(max_trials=60)
    assert len(found) == len({str(item) for item in found}) == 60
    boosted = [params for learner, params in found if learner == "xgboost"]
    assert len(boosted) == 30
    for params in boosted:
        assert params["n_estimators"] == 50
        assert params["max_depth"] in range(2, 10)
        assert isinstance(params["max_depth"], int)
        assert 0.01 <= params["learning_rate"] <= 0.3
        assert params["subsample"] in (0.5, 1.0)
    rates = sorted(params["learning_rate"] for params in boosted)
    assert 0.03 < rates[15] < 0.1  # the middle of a logarithm, not of the range
    assert {params["max_depth"] for params in boosted} >= {2, 9}


def test_the_seed_decides_and_more_candidates_begin_with_the_same_ones() -> None:
    assert drawn(max_trials=10) == drawn(max_trials=40)[:10]
    assert drawn(max_trials=10) != drawn(seed=1, max_trials=10)
    assert len(drawn()) == 32


def test_a_space_of_lists_ends_when_all_is_tried() -> None:
    space = {"maxDepth": [2, 3, 4], "minInstancesPerNode": [1, 2]}
    config = configured({"decision_tree": {"space": space}}, search={"strategy": "random", "max_trials": 50})
    strategy = Random(config)
    assert strategy.planned == 6
    assert len(searched(strategy, lambda *_: 1.0)) == 6


def test_a_range_of_few_whole_numbers_ends_too() -> None:
    space = {"maxDepth": {"low": 2, "high": 4}}
    config = configured({"decision_tree": {"space": space}}, search={"strategy": "random"})
    assert sorted(item.candidate.params["maxDepth"] for item in searched(Random(config), lambda *_: 1.0)) == [
        2,
        3,
        4,
    ]


def test_with_a_budget_alone_it_goes_on_and_on_in_waves() -> None:
    config = configured({"xgboost": {}}, search={"strategy": "random", "time_budget": "1h"})
    strategy = Random(config)
    assert (strategy.planned, len(strategy.wave([])), strategy.needs_folds_again) == (None, 8, True)


def test_a_search_goes_on_where_it_was_killed() -> None:
    search = {"strategy": "random", "max_trials": 20, "target": 0.0}
    assert_goes_on_alike(lambda: Random(configured({"xgboost": {}}, search=search)), lambda *_: 1.0)


def test_feature_settings_are_drawn_for_the_learners_they_matter_to() -> None:
    config = configured(
        {"linear_regression": {}, "xgboost": {}},
        {"scale": ["standard", "robust"]},
        search={"strategy": "random", "max_trials": 20},
    )
    found = searched(Random(config), lambda *_: 1.0)
    linear = [item.candidate.features for item in found if item.candidate.learner == "linear_regression"]
    assert {settings["scale"] for settings in linear} == {"standard", "robust"}
    assert all(item.candidate.features == {} for item in found if item.candidate.learner == "xgboost")
