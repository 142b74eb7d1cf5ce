from __future__ import annotations

import math
from dataclasses import replace

import pytest

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trial_text import trial_from, trial_text
from pipeline.tuning.trials import Trial

CANDIDATE = Candidate(4, "xgboost", {"max_depth": 3})
TRIAL = Trial(
    CANDIDATE,
    2,
    {"rmse": 0.1 + 0.2, "r2": math.inf},
    share=1 / 3,
    training_metrics={"rmse": 5e-324},
    placement="local",
    estimated_bytes=2**40,
    used_bytes=17,
    rounds=312,
    seconds=1.25,
    parts={"fit": 1.0, "evaluation": 0.25},
)


@pytest.mark.parametrize(
    "trial",
    [TRIAL, Trial(CANDIDATE, 0, {"rmse": 1.0}), Trial(CANDIDATE, 1, failed='ValueError: "ünready" \n</b>')],
)
def test_the_very_same_trial_comes_back(trial: Trial) -> None:
    assert trial_from(trial_text(trial), CANDIDATE) == trial


def test_a_trial_is_short_and_can_be_read() -> None:
    assert trial_text(Trial(CANDIDATE, 0, {"rmse": 1.5}, rounds=7)) == (
        '{"fold":0,"metrics":{"rmse":1.5},"rounds":7}'
    )


def test_a_metric_that_is_no_number_comes_back_as_such() -> None:
    found = trial_from(trial_text(replace(TRIAL, metrics={"rmse": math.nan})), CANDIDATE)
    assert found is not None
    assert math.isnan(found.metrics["rmse"])


@pytest.mark.parametrize("text", ["", "{", "7", "{}", '{"fold":0,"from_tomorrow":1}'])
def test_a_text_of_something_else_is_no_trial(text: str) -> None:
    assert trial_from(text, CANDIDATE) is None
