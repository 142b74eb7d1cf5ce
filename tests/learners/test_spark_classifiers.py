"""Spark's own classifiers, made from names and fitted on a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark.ml.classification import NaiveBayesModel
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from pipeline.config.task import Task
from pipeline.learners import Columns, FitContext, get_learner, with_class_metadata

pytestmark = pytest.mark.spark

SMALL: dict[str, dict[str, Any]] = {
    "logistic_regression": {},
    "linear_svc": {"maxIter": 10},
    "naive_bayes": {},
    "decision_tree": {"maxDepth": 3, "impurity": "entropy"},
    "random_forest": {"numTrees": 3, "maxDepth": 3, "featureSubsetStrategy": "all"},
    "gbt": {"maxIter": 2, "maxDepth": 2},
    "multilayer_perceptron": {"hidden_units": 4, "maxIter": 60},
}


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> Iterator[DataFrame]:
    """90 rows of three classes on a line, 30 each; `wrong` is a label that most rows have wrong, weight 0.01.

    `two` is 1 for class 2 and 0 otherwise.
    """
    key = F.col("id")
    actual = (key % 3).cast("double")
    noise = F.pmod(F.hash(key, F.lit(1)), F.lit(11)).cast("double") / 20
    frame = spark.range(90).select(
        key,
        (actual + noise).alias("a"),
        (F.pmod(F.hash(key, F.lit(2)), F.lit(7)) - 3).cast("double").alias("b"),
        actual.alias("three"),
        (actual == 2).cast("double").alias("two"),
        F.when(F.floor(key / 3) % 3 == 0, 1.0).otherwise(0.01).alias("weight"),
    )
    is_wrong = F.col("weight") < 1
    wrong = frame.withColumn("wrong_three", F.when(is_wrong, (actual + 1) % 3).otherwise(actual)).withColumn(
        "wrong_two", F.when(is_wrong, 1 - F.col("two")).otherwise(F.col("two"))
    )
    held = VectorAssembler(inputCols=["a", "b"], outputCol="features").transform(wrong).cache()
    yield held
    held.unpersist()


def columns(label: str, weight: str | None = None) -> Columns:
    return Columns("features", label, weight, None, max_categories=2, width=2)


def context(task: Task, classes: int) -> FitContext:
    return FitContext(7, "auto", 2**31, None, task, classes)


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("task", "label", "classes"), [("binary", "two", 2), ("multiclass", "three", 4)])
def test_it_learns_the_rows_that_weigh_and_knows_a_class_that_no_row_has(
    name: str, task: Task, label: str, classes: int, rows: DataFrame
) -> None:
    """In the multiclass task the last of four classes has no row."""
    learner = get_learner(name)
    if task not in learner.tasks:
        return
    seen = columns(f"wrong_{label}", "weight") if learner.takes_weights else columns(label)
    stage = learner.estimator(SMALL[name], seen, context(task, classes))
    scored = stage.fit(with_class_metadata(rows, seen.label, classes)).transform(rows)
    assert dict(scored.dtypes)["prediction"] == "double"
    found = scored.select(label, "prediction", "probability").collect()
    assert np.mean([row[label] == row["prediction"] for row in found]) > 0.8
    by_class = np.array([row["probability"].toArray() for row in found])
    assert by_class.shape == (90, classes)
    np.testing.assert_allclose(by_class.sum(axis=1), 1)
    assert by_class[:, 3:].size == 0 or by_class[:, 3:].max() < 1e-3


@pytest.mark.parametrize(("task", "label", "classes"), [("binary", "two", 2), ("multiclass", "three", 3)])
def test_logistic_regression_without_penalty_is_scikit_learns(
    task: Task, label: str, classes: int, rows: DataFrame
) -> None:
    flipped = F.when(F.col("id") % 7 == 0, (F.col(label) + 1) % classes).otherwise(F.col(label))
    noisy = with_class_metadata(rows.withColumn(label, flipped), label, classes)
    stage = get_learner("logistic_regression").estimator(
        {"regParam": 0, "tol": 1e-9}, columns(label), context(task, classes)
    )
    found = stage.fit(noisy).transform(noisy).select("a", "b", label, "probability").collect()
    values = np.array([row[:3] for row in found])
    theirs = LogisticRegression(C=np.inf, tol=1e-9, max_iter=1000).fit(values[:, :2], values[:, 2])
    ours = np.array([row["probability"].toArray() for row in found])
    np.testing.assert_allclose(ours, theirs.predict_proba(values[:, :2]), atol=1e-3)


@pytest.mark.parametrize("name", ["logistic_regression", "linear_svc"])
def test_rows_of_the_first_class_alone_never_give_the_second(name: str, rows: DataFrame) -> None:
    """Spark's LogisticRegression would say 1 to every row."""
    first = with_class_metadata(rows.where("two = 0"), "two", 2)
    stage = get_learner(name).estimator(SMALL[name], columns("two"), context("binary", 2))
    (row,) = stage.fit(first).transform(first).select("prediction", "probability").distinct().collect()
    assert (row["prediction"], list(row["probability"])) == (0.0, [1.0, 0.0])


def test_naive_bayes_is_scikit_learns_and_keeps_the_index_of_every_class(
    rows: DataFrame, tmp_path: Path
) -> None:
    """Without class 1, Spark's NaiveBayes would say 1 where it means 2."""
    without = with_class_metadata(rows.where("three <> 1"), "three", 3)
    stage = get_learner("naive_bayes").estimator(
        {"smoothing": 0.3}, columns("three"), context("multiclass", 3)
    )
    stage.fit(without).write().save(str(tmp_path / "model"))
    found = NaiveBayesModel.load(str(tmp_path / "model")).transform(without)
    table = found.select("a", "b", "three", "prediction", "probability").collect()
    values = np.array([row[:4] for row in table])
    theirs = GaussianNB(var_smoothing=0.3).fit(values[:, :2], values[:, 2])
    probability = np.array([row["probability"].toArray() for row in table])
    np.testing.assert_allclose(probability[:, [0, 2]], theirs.predict_proba(values[:, :2]), atol=1e-6)
    assert probability[:, 1].max() == 0
    assert set(values[:, 3]) == {0.0, 2.0}


@pytest.mark.parametrize("layers", [0, 2])
def test_a_network_has_its_ends_from_the_columns_and_the_classes(layers: int) -> None:
    stage: Any = get_learner("multilayer_perceptron").estimator(
        {"hidden_layers": layers, "hidden_units": 5}, columns("three"), context("multiclass", 3)
    )
    assert (stage.getLayers(), stage.getSeed()) == ([2, *[5] * layers, 3], 7)
