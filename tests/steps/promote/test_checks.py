from __future__ import annotations

import math

import pytest

from pipeline.config.train import Promote, Threshold
from pipeline.steps.promote.checks import Check, check_improvement, check_reload, check_thresholds

BY_BASELINE = Promote()


def thresholds(**bounds: Threshold) -> Promote:
    return Promote.model_validate(
        {"thresholds": {name: bound.model_dump() for name, bound in bounds.items()}}
    )


def test_without_thresholds_the_baseline_is_to_be_beaten() -> None:
    better = check_thresholds(BY_BASELINE, "rmse", {"rmse": 21_000.5}, {"rmse": 80_000.0})
    same = check_thresholds(BY_BASELINE, "rmse", {"rmse": 8.0}, {"rmse": 8.0})
    higher = check_thresholds(BY_BASELINE, "r2", {"r2": 0.5}, {"r2": 0.0})

    assert better == [Check(True, "Its test rmse is 21,000.5, better than the baseline's 80,000.")]
    assert same == [Check(False, "Its test rmse is 8, not better than the baseline's 8.")]
    assert higher[0].passed


@pytest.mark.parametrize(("test", "baseline"), [(math.nan, 8.0), (1.0, math.nan)])
def test_what_could_not_be_measured_beats_nothing(test: float, baseline: float) -> None:
    assert not check_thresholds(BY_BASELINE, "rmse", {"rmse": test}, {"rmse": baseline})[0].passed


def test_every_bound_has_its_sentence() -> None:
    promote = thresholds(r2=Threshold(min=0.8), rmse=Threshold(min=1.0, max=5.0))

    found = check_thresholds(promote, "rmse", {"r2": 0.71, "rmse": 5.0}, {})

    assert found == [
        Check(False, "Its test r2 is 0.71; promote.thresholds.r2.min is 0.8."),
        Check(True, "Its test rmse is 5; promote.thresholds.rmse.min is 1."),
        Check(True, "Its test rmse is 5; promote.thresholds.rmse.max is 5."),
    ]


@pytest.mark.parametrize("measured", [{}, {"r2": math.nan}])
def test_a_metric_that_was_not_measured_meets_no_bound(measured: dict[str, float]) -> None:
    found = check_thresholds(thresholds(r2=Threshold(min=-9.0, max=9.0)), "rmse", measured, {})

    assert [check.passed for check in found] == [False, False]
    assert found[0].sentence == "Its test r2 is not a number; promote.thresholds.r2.min is -9."


@pytest.mark.parametrize(
    ("metric", "challenger", "champion", "asked", "passed"),
    [
        ("rmse", 9.0, 10.0, 0.0, True),
        ("rmse", 10.0, 10.0, 0.0, False),
        ("rmse", 11.0, 10.0, 0.0, False),
        ("rmse", 9.0, 10.0, 1.0, True),
        ("rmse", 9.5, 10.0, 1.0, False),
        ("r2", 0.9, 0.8, 0.0, True),
        ("r2", 0.8, 0.9, 0.0, False),
        ("rmse", math.nan, 10.0, 0.0, False),
        ("rmse", 10.0, math.nan, 5.0, True),
        ("rmse", math.nan, math.nan, 0.0, False),
    ],
)
def test_only_a_gain_moves_the_champion(
    metric: str, challenger: float, champion: float, asked: float, passed: bool
) -> None:
    assert check_improvement(metric, challenger, champion, asked, "houses version 1").passed is passed


def test_a_gain_that_is_too_small_says_what_was_asked() -> None:
    tie = check_improvement("rmse", 10.0, 10.0, 0.0, "houses version 1")
    small = check_improvement("r2", 0.81, 0.8, 0.05, "houses version 1")

    common = "On the same test rows its {}, that of houses version 1 {}; it has to be "
    assert tie.sentence == common.format("rmse is 10", 10) + "below that at all."
    assert small.sentence == (
        common.format("r2 is 0.81", 0.8) + "above that by at least 0.05 (promote.min_improvement)."
    )


def test_a_model_that_changed_on_its_way_is_told_by_row() -> None:
    trained = ({"prediction": 1.0}, {"prediction": 2.0})
    same = check_reload(trained, ({"prediction": 1.0}, {"prediction": 2.0 + 1e-12}))
    other = check_reload(trained, ({"prediction": 1.0}, {"prediction": 2.5}))
    gone = check_reload(trained[:1], ({"prediction": None},))

    assert same == Check(True, "Loaded back it predicts the 2 rows of its example as it did when trained.")
    assert not other.passed
    assert "its prediction for row 2 of its example is 2.5, where it was 2.0 when" in other.sentence
    assert not gone.passed


def test_classes_and_their_probabilities_are_compared() -> None:
    trained = ({"prediction": "red", "probability": {"red": 0.75, "blue": 0.25}},)

    def passes(prediction: str, **probability: float) -> bool:
        return check_reload(trained, ({"prediction": prediction, "probability": probability},)).passed

    assert passes("red", red=0.75, blue=0.25)
    assert not passes("blue", red=0.75, blue=0.25)
    assert not passes("red", red=0.76, blue=0.24)
    assert not passes("red", red=0.75)
