from __future__ import annotations

from itertools import islice

import pytest

from pipeline.config.search import Range
from pipeline.tuning.spaces import Choice, Space, in_turns, number_at, spaces_of
from tests.tuning.strategies.paper import configured


def space(params: dict[str, object], features: dict[str, tuple[str, ...]] | None = None) -> Space:
    return Space("xgboost", "regression", {}, params, features or {})  # type: ignore[arg-type]


def test_combinations_count_feature_settings_too() -> None:
    found = space({"max_depth": (2, 3)}, {"scale": ("standard", "robust")})
    assert found.size == 4
    assert list(found.combinations()) == [
        Choice("xgboost", {"max_depth": 2}, {"scale": "standard"}),
        Choice("xgboost", {"max_depth": 2}, {"scale": "robust"}),
        Choice("xgboost", {"max_depth": 3}, {"scale": "standard"}),
        Choice("xgboost", {"max_depth": 3}, {"scale": "robust"}),
    ]


def test_a_range_has_no_size_and_draws_begin_alike() -> None:
    found = space({"learning_rate": Range(low=0.01, high=0.3, log=True)})
    assert found.size is None
    assert list(islice(found.draws(1), 5)) == list(islice(found.draws(1), 9))[:5]


def test_listing_does_not_wait_for_an_endless_space() -> None:
    names = ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode", "reg_alpha", "gamma")
    found = space({name: tuple(place / 100 for place in range(1, 101)) for name in names})
    assert found.size == 100**6
    assert len(list(islice(found.draws(1), 10))) == len(list(islice(found.combinations(), 10))) == 10


@pytest.mark.parametrize(
    ("allowed", "place", "whole", "number"),
    [
        (Range(low=2, high=9), 0.0, True, 2),
        (Range(low=2, high=9), 0.999, True, 9),
        (Range(low=2, high=9), 0.5, True, 6),
        (Range(low=0.0, high=1.0), 0.123456, False, 0.1235),
        (Range(low=0.01, high=1.0, log=True), 0.5, False, 0.1),
        (Range(low=1, high=100, log=True), 0.5, True, 10),
        (Range(low=0.1, high=0.123456), 1.0, False, 0.123456),  # not rounded out of the range
    ],
)
def test_a_number_of_a_range(allowed: Range, place: float, whole: bool, number: float) -> None:
    found = number_at(allowed, place, whole=whole)
    assert found == pytest.approx(number)
    assert isinstance(found, int) is whole


def test_turns_go_on_with_those_that_have_some_left() -> None:
    one, other = Choice("a", {"x": 1}), Choice("b", {})
    assert list(in_turns([iter([one, one]), iter([other])])) == [one, other, one]


def test_auto_takes_a_learner_of_each_kind_and_its_default_space() -> None:
    lists, ranges = (
        spaces_of(configured("auto", search={"strategy": strategy})) for strategy in ("grid", "random")
    )
    names = ["xgboost", "linear_regression", "random_forest"]
    assert [item.learner for item in lists] == [item.learner for item in ranges] == names
    assert all(item.size is not None for item in lists)
    assert all(item.size is None for item in ranges)
