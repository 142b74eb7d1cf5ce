"""Data that everybody knows, from a CSV to a model as good as one by hand on the same split."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from pyspark.sql import SparkSession
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.metrics import accuracy_score, r2_score

import pipeline
from pipeline.tuning.folds import split_of

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow]

PARAMS = {"n_estimators": 60, "learning_rate": 0.1, "max_depth": 3}
CONFIG = """
name: known
task: {task}
sources:
  rows: {{path: data.csv, key: [id], types: {{{types}}}}}
features: {{label: target{positive}}}
split: {{train: 0.6, validation: 0.1, test: 0.3}}
train:
  folds: 2
  learners:
    xgboost: {{params: {{n_estimators: 60, learning_rate: 0.1, max_depth: 3}}, space: {{subsample: 1.0}}}}
"""


def written(folder: Path, data: Any, labels: list[Any], task: str) -> pipeline.Project:
    """A CSV of a bundled data set, and a project on it."""
    names = [re.sub("[^a-z0-9]", "_", name) for name in data.feature_names]
    with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", *names, "target"])
        for number, (row, label) in enumerate(zip(data.data, labels, strict=True)):
            writer.writerow([number, *map(repr, row.tolist()), label])
    types = ", ".join(f"{name}: DOUBLE" for name in names)
    positive = ", positive: malignant" if task == "binary" else ""
    text = CONFIG.format(task=task, types=types, positive=positive)
    (folder / "pipeline.yaml").write_text(text, encoding="utf-8")
    return pipeline.load(folder / "pipeline.yaml", environ={})


def by_hand(
    model: Any, project: pipeline.Project, data: Any, labels: Any, spark: SparkSession
) -> tuple[Any, Any]:
    """Actual and predicted of the same test rows, by XGBoost's own interface."""
    ids = spark.range(len(labels)).select("id", split_of(("id",), project.config.split).alias("part"))
    is_test = np.array([row["part"] == "test" for row in ids.orderBy("id").collect()])
    model.fit(data.data[~is_test], labels[~is_test])
    return labels[is_test], model.predict(data.data[is_test])


def trained(project: pipeline.Project, spark: SparkSession) -> Any:
    for step in (project.ingest, project.clean, project.features):
        step(spark)
    return project.train(spark)


def test_breast_cancer(spark: SparkSession, tmp_path: Path) -> None:
    data = load_breast_cancer()
    project = written(tmp_path, data, [data.target_names[place] for place in data.target], "binary")
    result = trained(project, spark)
    actual, predicted = by_hand(xgb.XGBClassifier(**PARAMS), project, data, data.target, spark)
    assert result.rows["test"] == len(actual)
    assert result.test_metrics["accuracy"] == pytest.approx(accuracy_score(actual, predicted), abs=0.02)
    assert result.test_metrics["accuracy"] > 0.9


def test_wine(spark: SparkSession, tmp_path: Path) -> None:
    data = load_wine()
    project = written(tmp_path, data, [f"class {place}" for place in data.target], "multiclass")
    result = trained(project, spark)
    actual, predicted = by_hand(xgb.XGBClassifier(**PARAMS), project, data, data.target, spark)
    assert result.test_metrics["accuracy"] == pytest.approx(accuracy_score(actual, predicted), abs=0.02)
    assert result.test_metrics["accuracy"] > 0.9


def test_diabetes(spark: SparkSession, tmp_path: Path) -> None:
    data = load_diabetes()
    project = written(tmp_path, data, data.target.tolist(), "regression")
    result = trained(project, spark)
    actual, predicted = by_hand(xgb.XGBRegressor(**PARAMS), project, data, data.target, spark)
    assert result.test_metrics["r2"] == pytest.approx(r2_score(actual, predicted), abs=0.02)
    assert result.test_metrics["r2"] > 0.2
