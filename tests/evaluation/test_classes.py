from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn import metrics

from pipeline.errors import DataRefused
from pipeline.evaluation.baseline import class_baseline, frequencies
from pipeline.evaluation.classes import ClassPrediction, evaluate_classes, is_small

BINARY = ClassPrediction("predicted", "probability")


@pytest.mark.spark
def test_binary_metrics_of_all_predictions_are_those_of_scikit_learn_from_one_job(
    spark: SparkSession,
) -> None:
    rng = np.random.default_rng(3)
    actual = (rng.random(2_000) < 0.3).astype(float)
    score = np.round(rng.normal(2 * actual - 1, 1.5), 2)  # ties
    score[:6] = [40, -40, 700, -700, 0, 0]
    probability = 1 / (1 + np.exp(-score))
    probability[3] = 0
    predicted = (probability > 0.5).astype(float)
    frame = pd.DataFrame({"y": actual, "predicted": predicted, "p": probability, "score": score})
    rows = spark.createDataFrame(frame)
    both = F.array(1 - F.col("p"), F.col("p"))
    asked = {
        "model": ClassPrediction("predicted", both),
        "margin": ClassPrediction(F.col("predicted"), None, "score"),
        "baseline": class_baseline([7, 3]),
    }
    spark.sparkContext.setJobGroup("one-pass", "metrics of three predictions")
    try:
        exact = evaluate_classes(rows, asked, "y", 2)
        jobs = spark.sparkContext.statusTracker().getJobIdsForGroup("one-pass")
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert len(jobs) <= 2, jobs  # AQE runs an aggregation's two stages as two jobs

    wanted = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "precision": metrics.precision_score(actual, predicted),
        "recall": metrics.recall_score(actual, predicted),
        "f1": metrics.f1_score(actual, predicted),
        "auc_roc": metrics.roc_auc_score(actual, probability),
        "auc_pr": metrics.average_precision_score(actual, probability),
        "log_loss": metrics.log_loss(actual, y_proba=probability),
    }
    assert exact["model"].metrics == pytest.approx(wanted, rel=1e-9)
    assert exact["model"].confusion == tuple(map(tuple, metrics.confusion_matrix(actual, predicted).tolist()))
    assert exact["model"].auc_bound == exact["model"].auc_pr_bound == 0
    margin = {
        "auc_roc": metrics.roc_auc_score(actual, score),
        "auc_pr": metrics.average_precision_score(actual, score),
        "log_loss": math.nan,
    }
    assert exact["margin"].metrics == pytest.approx(wanted | margin, rel=1e-9, nan_ok=True)
    constant = {"precision": 0, "recall": 0, "f1": 0, "auc_roc": 0.5, "auc_pr": actual.mean()}
    constant |= {
        "accuracy": 1 - actual.mean(),
        "log_loss": metrics.log_loss(actual, y_proba=np.full(2_000, 0.3)),
    }
    assert exact["baseline"].metrics == pytest.approx(constant, rel=1e-9)

    binned = evaluate_classes(rows, asked, "y", 2, exact=False)
    for name in asked:
        assert_within_bounds(binned[name], exact[name])
    assert 0 < binned["model"].auc_bound < 0.01
    assert 0 < binned["margin"].auc_bound < 0.01


@pytest.mark.spark
def test_multiclass_metrics_are_those_of_scikit_learn_also_with_a_class_absent(spark: SparkSession) -> None:
    rng = np.random.default_rng(5)
    actual = rng.choice([0, 1, 2, 4], 400)
    raw = rng.gamma(0.5, size=(400, 5)) + 0.7 * np.eye(5)[actual]
    probability = raw / raw.sum(axis=1, keepdims=True)
    predicted = probability.argmax(axis=1)
    frame = pd.DataFrame(
        {"y": actual.astype(float), "predicted": predicted.astype(float), "probability": list(probability)}
    )
    rows = spark.createDataFrame(frame)
    exact = evaluate_classes(rows, {"model": BINARY}, "y", 5)["model"]
    present = [0, 1, 2, 4]
    wanted = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "log_loss": metrics.log_loss(actual, y_proba=probability, labels=range(5)),
    }
    weights = [np.sum(actual == index) for index in present]
    for average, suffix in (("macro", ""), ("weighted", "_weighted")):
        found: Any = metrics.precision_recall_fscore_support(
            actual, predicted, average=average, zero_division=0
        )
        for name, value in zip(("precision", "recall", "f1"), found[:3], strict=True):
            wanted[f"{name}{suffix}"] = value
        for name, area in (
            ("auc_roc", metrics.roc_auc_score),
            ("auc_pr", metrics.average_precision_score),
        ):
            each = [area(actual == index, probability[:, index]) for index in present]
            wanted[f"{name}{suffix}"] = np.average(each, weights=weights if suffix else None)
    assert exact.metrics == pytest.approx(wanted, rel=1e-9)
    assert list(exact.curves) == present
    assert exact.confusion == tuple(
        map(tuple, metrics.confusion_matrix(actual, predicted, labels=range(5)).tolist())
    )
    binned = evaluate_classes(rows, {"model": BINARY}, "y", 5, exact=False)["model"]
    assert_within_bounds(binned, exact)


def assert_within_bounds(binned: Any, exact: Any) -> None:
    assert binned.confusion == exact.confusion
    for name, value in exact.metrics.items():
        bound = {"auc_roc": binned.auc_bound, "auc_pr": binned.auc_pr_bound}.get(name[:7].rstrip("_"), 0)
        assert binned.metrics[name] == pytest.approx(value, rel=1e-12, abs=bound + 1e-12, nan_ok=True)


@pytest.mark.spark
def test_a_missing_answer_makes_only_its_own_prediction_unknown_and_rows_without_label_are_left_out(
    spark: SparkSession,
) -> None:
    sure = [0.2, 0.8]
    rows = spark.createDataFrame(
        [
            (0.0, 0.0, sure, 0.0, sure, None, sure, [0.4, math.nan], [0.4, None], [1.0]),
            (1.0, 1.0, sure, math.nan, None, 1.0, sure, sure, sure, sure),
            (None, None, None, None, None, None, None, None, None, None),
            (math.nan, None, None, None, None, None, None, None, None, None),
        ],
        "y double, p0 double, q0 array<double>, p1 double, q1 array<double>, p2 double, q2 array<double>,"
        " q3 array<double>, q4 array<double>, q5 array<double>",
    )
    asked = {
        "whole": ClassPrediction("p0", "q0"),
        "nan": ClassPrediction("p1", "q0"),
        "no probability": ClassPrediction("p0", "q1"),
        "no prediction": ClassPrediction("p2", "q2"),
        "nan probability": ClassPrediction("p0", "q3"),
        "half a probability": ClassPrediction("p0", "q4"),
        "too few": ClassPrediction("p0", "q5"),
        "no such class": ClassPrediction(F.lit(2), "q0"),
        "no margin": ClassPrediction("p0", None, "p2"),
        "nothing to rank by": ClassPrediction("p0", None),
    }
    found = evaluate_classes(rows, asked, "y", 2)
    known = {
        name: [key for key, value in one.metrics.items() if value == value] for name, one in found.items()
    }
    labels = ["accuracy", "precision", "recall", "f1"]
    whole = [*labels, "auc_roc", "auc_pr", "log_loss"]
    assert known == {name: [] for name in asked} | {"whole": whole, "nothing to rank by": labels}
    assert found["whole"].confusion == ((1, 0), (0, 1))


@pytest.mark.spark
def test_no_label_or_one_that_is_no_class_is_refused(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(None, 1.0), (3.0, 1.0)], "y double, predicted double")
    asked = {"model": ClassPrediction("predicted", None)}
    with pytest.raises(DataRefused, match="no row has a value in the label 'y'"):
        evaluate_classes(rows.where("y is null"), asked, "y", 2)
    with pytest.raises(DataRefused, match="'y' has values that are none of the 2 classes, 0 to 1"):
        evaluate_classes(rows, asked, "y", 2)


def test_frequencies_are_shares_of_the_rows() -> None:
    assert frequencies([1, 3]) == (0.25, 0.75)
    with pytest.raises(ValueError, match="no rows"):
        frequencies([0, 0])


def test_scores_reach_the_driver_only_when_they_are_few() -> None:
    assert is_small(100_000, 10)
    assert not is_small(100_001, 2)
    assert not is_small(50_000, 100)
