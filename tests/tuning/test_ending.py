from __future__ import annotations

import pytest

from pipeline.config.search import Search
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.ending import Ending, Limits
from pipeline.tuning.trials import Standing, Trial


def standing(value: float, metric: str = "rmse", share: float = 1.0) -> Standing:
    attempt = Attempt(Candidate(1, "xgboost", {}), share)
    return Standing(attempt.candidate, metric, (Trial(attempt.candidate, 0, {metric: value}, share=share),))


def test_time_is_over_at_its_end() -> None:
    now = [100.0]
    limits = Limits(Search.model_validate({"time_budget": "60s"}), lambda: now[0])
    assert (limits.are_timed, limits.are_over) == (True, False)
    now[0] = 159.9
    assert not limits.are_over
    now[0] = 160.0
    assert limits.are_over
    assert not Limits(Search(), lambda: now[0]).are_over


@pytest.mark.parametrize(
    ("target", "found", "reached"),
    [
        (10.0, standing(10.0), True),
        (10.0, standing(9.0), True),
        (10.0, standing(10.1), False),
        (0.9, standing(0.95, "r2"), True),
        (0.9, standing(0.85, "r2"), False),
        (10.0, standing(9.0, share=0.25), False),
        (10.0, standing(float("nan")), False),
    ],
)
def test_a_target_is_reached_in_its_own_direction_on_all_rows(
    target: float, found: Standing, reached: bool
) -> None:
    assert Limits(Search(target=target), lambda: 0.0).reached([found]) is reached
    assert not Limits(Search(), lambda: 0.0).reached([found])


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (Ending(), None),
        (Ending("time_budget", 2, 1200), "the time budget ended the search: 1,200 not tried and 2 cut off"),
        (Ending("time_budget", 0, None), "the time budget ended the search"),
        (Ending("target", 0, 5), "the target is reached: 5 not tried"),
        (Ending("target", 0, 0), "the target is reached"),
    ],
)
def test_an_early_end_is_told(ending: Ending, sentence: str | None) -> None:
    assert ending.sentence == sentence
