"""The arithmetic on counts, against scikit-learn, without Spark."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn import metrics

from pipeline.evaluation.class_measures import ClassMeasures, Tally, measure
from pipeline.evaluation.curves import POINTS
from pipeline.evaluation.histogram import ScoreHistogram


def tally_of(actual: Any, predicted: Any, probability: Any) -> Tally:
    """What the rows add up to, worked out plainly."""
    classes = probability.shape[1]
    confusion = metrics.confusion_matrix(actual, predicted, labels=range(classes))
    clipped = np.clip(probability, np.finfo(float).eps, 1 - np.finfo(float).eps)
    loss = -np.log(clipped[np.arange(len(actual)), actual]).sum()
    chosen = [1] if classes == 2 else range(classes)
    found = {index: histogram_of(actual == index, probability[:, index]) for index in chosen}
    return Tally(tuple(map(tuple, confusion.tolist())), found, float(loss))


def histogram_of(hit: Any, score: Any) -> ScoreHistogram:
    distinct, place = np.unique(score, return_inverse=True)
    return ScoreHistogram(
        distinct,
        np.bincount(place, hit, len(distinct)),
        np.bincount(place, ~hit, len(distinct)),
    )


def expected(actual: Any, predicted: Any, probability: Any) -> dict[str, float]:
    """The same by scikit-learn: areas over the classes present."""
    classes = probability.shape[1]
    present = [index for index in range(classes) if 0 < np.sum(actual == index) < len(actual)]
    found = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "log_loss": metrics.log_loss(actual, y_proba=probability, labels=range(classes)),
    }
    scores = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "f1": metrics.f1_score,
    }
    areas = {"auc_roc": metrics.roc_auc_score, "auc_pr": metrics.average_precision_score}
    if classes == 2:
        for name, score in scores.items():
            found[name] = score(actual, predicted, zero_division=0)
        for name, area in areas.items():
            found[name] = area(actual, probability[:, 1]) if present else math.nan
        return found
    for name, score in scores.items():
        found[name] = score(actual, predicted, average="macro", zero_division=0)
        found[f"{name}_weighted"] = score(actual, predicted, average="weighted", zero_division=0)
    for name, area in areas.items():
        each = [area(actual == index, probability[:, index]) for index in present]
        found[name] = np.mean(each)
        found[f"{name}_weighted"] = np.average(each, weights=[np.sum(actual == index) for index in present])
    return found


def shape(name: str, rows: int = 300) -> tuple[Any, Any, Any]:
    """Labels, predictions and probabilities of one shape."""
    rng = np.random.default_rng(7)
    classes = 2 if name.startswith("two") else 5
    actual = rng.integers(0, classes, rows)
    raw = rng.gamma(0.7, size=(rows, classes)) + 0.8 * np.eye(classes)[actual]
    if name.endswith("ties"):
        raw = np.round(raw) + 0.25
    probability = raw / raw.sum(axis=1, keepdims=True)
    if name.endswith("sure"):
        probability = np.eye(classes)[rng.integers(0, classes, rows)]
    predicted = probability.argmax(axis=1)
    if name.endswith("absent"):
        kept = actual != 3 if classes == 5 else actual == 0
        actual, predicted, probability = actual[kept], predicted[kept], probability[kept]
    if name.endswith("nowhere"):
        predicted, kept = np.where(predicted == 3, 1, predicted), actual != 3
        actual, predicted, probability = actual[kept], predicted[kept], probability[kept]
    if name.endswith("never predicted"):
        predicted = np.where(predicted == 1, 0, predicted)
    return actual, predicted, probability


SHAPES = [
    *(
        f"{count} {kind}"
        for count in ("two", "five")
        for kind in ("plain", "ties", "sure", "never predicted")
    ),
    "two absent",
    "five absent",
    "five nowhere",
]


def assert_equal(found: ClassMeasures, wanted: dict[str, float]) -> None:
    assert found.metrics == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("name", SHAPES)
def test_metrics_are_those_of_scikit_learn(name: str) -> None:
    rows = shape(name)
    assert_equal(measure(tally_of(*rows), exact=True), expected(*rows))


def test_the_areas_are_those_of_scikit_learns_own_one_vs_rest() -> None:
    actual, predicted, probability = shape("five plain")
    found = measure(tally_of(actual, predicted, probability), exact=True).metrics
    for average, suffix in (("macro", ""), ("weighted", "_weighted")):
        roc = metrics.roc_auc_score(actual, probability, multi_class="ovr", average=average)
        pr = metrics.average_precision_score(np.eye(5)[actual], probability, average=average)
        assert found[f"auc_roc{suffix}"] == pytest.approx(roc, rel=1e-12)
        assert found[f"auc_pr{suffix}"] == pytest.approx(pr, rel=1e-12)


def test_one_class_alone_has_nothing_to_rank() -> None:
    found = measure(tally_of(*shape("two absent")), exact=True)
    assert math.isnan(found.metrics["auc_roc"])
    assert math.isnan(found.metrics["auc_pr"])
    assert found.curves == {}
    assert found.metrics["recall"] == 0


def test_without_probabilities_the_loss_is_unknown_and_without_scores_the_areas_are() -> None:
    tally = Tally(((3, 1), (1, 3)), {}, None)
    found = measure(tally, exact=True).metrics
    unknown = {"auc_roc": math.nan, "auc_pr": math.nan, "log_loss": math.nan}
    assert found == pytest.approx(
        {"accuracy": 0.75, "precision": 0.75, "recall": 0.75, "f1": 0.75, **unknown}, nan_ok=True
    )


def test_one_broken_row_makes_every_metric_unknown() -> None:
    tally = Tally(((3, 1), (1, 3)), {}, 0.5, broken=True)
    assert all(math.isnan(value) for value in measure(tally, exact=True).metrics.values())


@pytest.mark.parametrize("bins", [3, 10, 200])
def test_binned_areas_are_off_by_no_more_than_their_bound(bins: int) -> None:
    rng = np.random.default_rng(bins)
    hit = rng.random(500) < 0.3
    score = np.clip(rng.normal(0.4 + 0.2 * hit, 0.2), 0, 1)
    very, binned = histogram_of(hit, score), histogram_of(hit, np.floor(score * bins))
    assert 0 < binned.auc_roc_bound < 1 / bins
    assert abs(binned.auc_roc - very.auc_roc) <= binned.auc_roc_bound
    assert abs(binned.auc_pr - very.auc_pr) <= binned.auc_pr_bound


def test_curves_are_those_of_scikit_learn_and_bounded() -> None:
    actual, predicted, probability = shape("two plain", rows=50_000)
    curves = measure(tally_of(actual, predicted, probability), exact=True).curves[1]
    across, up, _ = metrics.roc_curve(actual, probability[:, 1], drop_intermediate=False)
    assert set(curves.roc) <= set(zip(across.tolist(), up.tolist(), strict=True))
    assert curves.roc[0] == (0, 0)
    assert curves.roc[-1] == (1, 1)
    assert POINTS / 2 < len(curves.roc) <= POINTS
    precision, recall, _ = metrics.precision_recall_curve(actual, probability[:, 1])
    found = np.interp(0.5, *np.transpose(curves.precision_recall))
    assert found == pytest.approx(np.interp(0.5, recall[::-1], precision[::-1]), abs=0.01)
    assert curves.precision_recall[0] == (0, 1)
    assert curves.precision_recall[-1][0] == 1
    assert len(curves.precision_recall) <= POINTS


def test_calibration_is_the_share_of_hits_in_each_tenth() -> None:
    histogram = ScoreHistogram(
        np.array([0.0, 0.04, 0.55, 1.0]), np.array([1.0, 0.0, 2.0, 3.0]), np.array([0.0, 3.0, 2.0, 0.0])
    )
    tally = Tally(((3, 2), (2, 4)), {1: histogram}, 1.0)
    found = measure(tally, exact=True).curves[1].calibration
    assert [(round(tenth.predicted, 4), tenth.actual, tenth.rows) for tenth in found] == [
        (0.03, 0.25, 4),
        (0.55, 0.5, 4),
        (1.0, 1.0, 3),
    ]


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in SHAPES:
            measure(tally_of(*shape(name)), exact=False)
