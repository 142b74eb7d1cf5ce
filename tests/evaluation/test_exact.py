from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics

from pipeline.config.task import METRICS
from pipeline.evaluation.exact import class_metrics, number_metrics


def test_numbers_are_measured_as_by_scikit_learn() -> None:
    actual, predicted = np.array([3.0, -0.5, 2.0, 7.0, 0.0]), np.array([2.5, 0.0, 2.0, 8.0, 0.25])
    assert number_metrics(actual, predicted) == pytest.approx(
        {
            "rmse": metrics.root_mean_squared_error(actual, predicted),
            "mse": metrics.mean_squared_error(actual, predicted),
            "mae": metrics.mean_absolute_error(actual, predicted),
            "r2": metrics.r2_score(actual, predicted),
            "mape": metrics.mean_absolute_percentage_error(actual, predicted),
        },
        rel=1e-12,
    )
    assert number_metrics(np.ones(3), np.ones(3))["r2"] == 1
    assert all(map(math.isnan, number_metrics(actual, actual * np.nan).values()))


@pytest.mark.parametrize("classes", [2, 4])
def test_classes_are_measured_as_by_scikit_learn(classes: int) -> None:
    rng = np.random.default_rng(classes)
    actual = rng.integers(0, classes, 500)
    odds = np.round(rng.random((500, classes)) + 0.5 * np.eye(classes)[actual], 1)  # ties
    probability = odds / odds.sum(axis=1, keepdims=True)
    found = class_metrics(
        actual.astype(float), probability, METRICS["binary" if classes == 2 else "multiclass"]
    )
    predicted = probability.argmax(axis=1) if classes > 2 else probability[:, 1] >= 0.5
    one_hot = np.eye(classes)[actual]
    average = "binary" if classes == 2 else "macro"
    expected = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "f1": metrics.f1_score(actual, predicted, average=average),
        "log_loss": metrics.log_loss(actual, probability),
    }
    if classes == 2:
        expected["auc_roc"] = metrics.roc_auc_score(actual, probability[:, 1])
        expected["auc_pr"] = metrics.average_precision_score(actual, probability[:, 1])
    else:
        expected["auc_roc"] = metrics.roc_auc_score(actual, probability, multi_class="ovr")
        expected["auc_pr_weighted"] = metrics.average_precision_score(
            one_hot, probability, average="weighted"
        )
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-12)


def test_one_class_alone_cannot_be_ranked_and_a_missing_probability_measures_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = class_metrics(np.zeros(2), np.array([[0.9, 0.1], [0.4, 0.6]]), ["accuracy", "auc_roc"])
    assert found["accuracy"] == 0.5
    assert math.isnan(found["auc_roc"])
    broken = class_metrics(np.zeros(1), np.array([[np.nan, np.nan]]), ["accuracy"])
    assert math.isnan(broken["accuracy"])


def test_no_row_is_refused() -> None:
    none = np.empty(0)
    with pytest.raises(ValueError, match="there is no row to measure on"):
        number_metrics(none, none)
    with pytest.raises(ValueError, match="there is no row to measure on"):
        class_metrics(none, np.empty((0, 2)), ["accuracy"])
