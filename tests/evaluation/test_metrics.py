from __future__ import annotations

import math

import pytest

from pipeline.evaluation.metrics import BETTER, METRICS, default_metric, gain, is_better


@pytest.mark.parametrize(
    ("metric", "value", "than", "expected"),
    [
        ("rmse", 1.0, 2.0, True),
        ("rmse", 2.0, 1.0, False),
        ("r2", 0.9, 0.8, True),
        ("r2", 0.8, 0.9, False),
        ("rmse", 1.0, 1.0, False),
        ("log_loss", 0.3, 0.4, True),
        ("auc_roc", 0.9, 0.8, True),
        ("rmse", math.nan, 1.0, False),
        ("r2", math.nan, -5.0, False),
        ("rmse", 1.0, math.nan, True),
    ],
)
def test_nan_beats_nothing(metric: str, value: float, than: float, expected: bool) -> None:
    assert is_better(metric, value, than) is expected


def test_gain_is_positive_when_better() -> None:
    assert gain("rmse", 8.0, over=10.0) == pytest.approx(2)
    assert gain("r2", 0.8, over=0.9) == pytest.approx(-0.1)
    assert gain("mae", 1.0, over=1.0) == 0


def test_every_metric_of_every_task_has_a_direction_and_every_task_a_default() -> None:
    assert {name for names in METRICS.values() for name in names} == set(BETTER)
    assert [name for name, better in BETTER.items() if better == "lower"] == [
        "rmse",
        "mse",
        "mae",
        "mape",
        "log_loss",
    ]
    assert {task: default_metric(task) for task in METRICS} == {
        "regression": "rmse",
        "binary": "auc_roc",
        "multiclass": "log_loss",
    }
