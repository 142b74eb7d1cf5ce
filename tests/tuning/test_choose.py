from __future__ import annotations

from typing import Any

import pytest

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.choose import choose, leaderboard, standard_error
from pipeline.tuning.trials import Standing, Trial


def standing(
    number: int, learner: str, values: list[float], share: float = 1.0, metric: str = "rmse", **params: Any
) -> Standing:
    candidate = Candidate(number, learner, params)
    trials = tuple(Trial(candidate, fold, {metric: value}, share=share) for fold, value in enumerate(values))
    return Standing(candidate, metric, trials)


BEST = standing(1, "xgboost", [9.0, 10.0, 11.0], max_depth=6)  # 10, standard error 0.577
TIED = standing(2, "xgboost", [10.5, 10.5, 10.5], max_depth=3)
WORSE = standing(3, "decision_tree", [11.0, 11.0, 11.0], maxDepth=2)
PLANTED = [WORSE, BEST, TIED]


def test_a_planted_tie_goes_to_the_simpler_one_by_standard_error_only() -> None:
    assert standard_error(BEST) == pytest.approx(0.5773, abs=1e-4)
    assert choose(PLANTED, "best") is BEST
    assert choose(PLANTED, "one_standard_error") is TIED


def test_between_learners_the_simpler_kind_wins() -> None:
    linear = standing(4, "linear_regression", [10.57] * 3, regParam=0.1)
    assert choose([*PLANTED, linear], "one_standard_error") is linear
    assert choose([*PLANTED, standing(4, "linear_regression", [10.58] * 3)], "one_standard_error") is TIED


def test_higher_is_better_where_it_is() -> None:
    best = standing(1, "xgboost", [0.88, 0.9, 0.92], metric="r2")
    near = standing(2, "decision_tree", [0.89] * 3, metric="r2")
    far = standing(3, "linear_regression", [0.87] * 3, metric="r2")
    assert choose([far, near, best], "one_standard_error") is near


def test_of_equally_simple_ones_the_better_wins() -> None:
    better = standing(5, "xgboost", [10.2] * 3, max_depth=3, learning_rate=0.2)
    assert choose([*PLANTED, better], "one_standard_error") is better


def test_fewer_rows_and_failures_take_no_part() -> None:
    few = standing(4, "linear_regression", [10.0] * 3, share=0.25)
    failed = standing(5, "linear_regression", [10.0, float("nan"), 10.0])
    assert choose([*PLANTED, few, failed], "one_standard_error") is TIED


def test_the_winner_leads_the_board() -> None:
    failed = standing(5, "linear_regression", [float("nan")] * 3)
    found = leaderboard([failed, *PLANTED], "one_standard_error")
    assert [item.candidate.number for item in found] == [2, 1, 3, 5]
