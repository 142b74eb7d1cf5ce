from __future__ import annotations

import math
from typing import Any

import pytest

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Standing, Trial, ranked


def standing(number: int, values: list[float | str], metric: str = "rmse", **params: Any) -> Standing:
    candidate = Candidate(number, "decision_tree", params)
    trials = tuple(
        Trial(candidate, fold, failed=value)
        if isinstance(value, str)
        else Trial(candidate, fold, {metric: value})
        for fold, value in enumerate(values)
    )
    return Standing(candidate, metric, trials)


def numbers(*standings: Standing) -> list[int]:
    return [item.candidate.number for item in ranked(standings)]


def test_the_smallest_error_and_the_largest_r2_win() -> None:
    assert numbers(standing(1, [3.0]), standing(2, [1.0]), standing(3, [2.0])) == [2, 3, 1]
    assert numbers(standing(1, [0.3], "r2"), standing(2, [0.1], "r2"), standing(3, [0.2], "r2")) == [1, 3, 2]


@pytest.mark.parametrize("metric", ["rmse", "r2"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, "it threw"])
def test_a_trial_that_throws_or_is_no_number_never_wins(metric: str, bad: float | str) -> None:
    found = ranked([standing(1, [0.5, bad], metric), standing(2, [0.9, 0.9], metric)])
    assert found[0].candidate.number == 2
    assert found[1].failed is not None
    assert math.isnan(found[1].mean)
    assert found[1].metrics == {}


def test_equal_means_go_to_the_simpler_candidate_then_to_the_first() -> None:
    assert numbers(standing(1, [1.0], maxDepth=9), standing(2, [1.0], maxDepth=3)) == [2, 1]
    assert numbers(standing(2, [1.0], maxDepth=3), standing(1, [1.0], maxDepth=3)) == [1, 2]


def test_mean_spread_and_reason() -> None:
    found = standing(1, [1.0, 2.0, 6.0])
    assert (found.mean, found.spread) == (3.0, pytest.approx(math.sqrt(7)))
    assert standing(1, [4.0]).spread == 0
    assert standing(1, [1.0, "no memory"]).failed == "fold 2: no memory"
    assert standing(1, [math.nan]).failed == "fold 1: rmse is nan"


def test_one_common_number_of_rounds() -> None:
    candidate = Candidate(1, "xgboost", {})
    trials = tuple(
        Trial(candidate, fold, {"rmse": 1.0}, rounds=rounds) for fold, rounds in enumerate([10, 20, 31])
    )
    assert Standing(candidate, "rmse", trials).rounds == 20
    assert standing(1, [1.0]).rounds is None
