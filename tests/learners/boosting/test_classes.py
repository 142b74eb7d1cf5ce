"""Classes: the same probabilities as XGBoost by itself gives, wherever they are learned and loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import ConfigError, DataRefused
from pipeline.learners.boosting.estimator import XGBoostEstimator
from pipeline.learners.boosting.model import XGBoostModel

pytestmark = pytest.mark.spark

PARAMETERS: dict[str, Any] = {"n_estimators": 10, "max_depth": 3, "learning_rate": 0.3}
NAMES = ("size", "zone")


@pytest.fixture(scope="module")
def flowers(spark: SparkSession) -> Iterator[DataFrame]:
    """240 rows: `two` has classes 0 and 1, `three` has 0, 1 and 2; the zone is a category."""
    key = F.col("id")
    size = F.pmod(F.hash(key, F.lit(1)), F.lit(60)).cast("double")
    zone = F.pmod(F.hash(key, F.lit(2)), F.lit(4)).cast("double")
    score = size + F.when(zone == 2, 30).otherwise(0) + F.pmod(F.hash(key, F.lit(3)), F.lit(20))
    rows = spark.range(240).select(
        key,
        F.when(key % 17 == 0, None).otherwise(size).alias("size"),
        zone.alias("zone"),
        (score > 45).cast("double").alias("two"),
        F.when(score < 35, 0.0).when(score < 65, 1.0).otherwise(2.0).alias("three"),
        (1 + key % 3).cast("double").alias("weight"),
        (key % 5 == 0).alias("held_out"),
    )
    held = rows.cache()
    yield held
    held.unpersist()


def a_stage(label: str, classes: int, **changes: Any) -> XGBoostEstimator:
    settings: dict[str, Any] = {
        "inputCols": list(NAMES),
        "categoricalCols": ["zone"],
        "labelCol": label,
        "orderCol": "id",
        "classes": classes,
        "placement": "local",
    }
    return XGBoostEstimator(**{**PARAMETERS, **settings, **changes})


def scored(model: XGBoostModel, rows: DataFrame) -> tuple[Any, Any]:
    """Predictions and probabilities, one row per row, by id."""
    found = model.transform(rows).orderBy("id").select("prediction", "probability").collect()
    return np.array([row[0] for row in found]), np.array([row[1] for row in found])


@pytest.mark.parametrize(
    ("label", "classes", "objective"),
    [
        ("two", 2, {"objective": "binary:logistic"}),
        ("three", 3, {"objective": "multi:softprob", "num_class": 3}),
    ],
)
def test_both_placements_give_what_xgboost_by_itself_gives(
    flowers: DataFrame, label: str, classes: int, objective: dict[str, Any], tmp_path: Path
) -> None:
    weighted = {"weightCol": "weight"}
    model = a_stage(label, classes, **weighted).fit(flowers)
    rows = flowers.orderBy("id").select(*NAMES, label, "weight").collect()
    data = np.array([[np.nan if value is None else value for value in row] for row in rows], np.float32)
    matrix = xgb.QuantileDMatrix(
        data[:, :2], data[:, 2], weight=data[:, 3], feature_types=["q", "c"], enable_categorical=True
    )
    params = {"max_depth": 3, "learning_rate": 0.3, "seed": 0, "tree_method": "hist", **objective}
    native = xgb.train(params, matrix, 10).inplace_predict(data[:, :2])
    expected = np.column_stack([1 - native, native]) if classes == 2 else native

    prediction, probability = scored(model, flowers)
    np.testing.assert_allclose(probability, expected, atol=1e-6)
    assert probability.shape == (240, classes)
    assert list(prediction) == list(expected.argmax(axis=1))

    PipelineModel([model]).write().save(str(tmp_path / "model"))
    loaded: Any = PipelineModel.load(str(tmp_path / "model")).stages[0]
    assert loaded.classes == classes
    again, same = scored(loaded, flowers)
    assert (again == prediction).all()
    assert (same == probability).all()

    distributed = a_stage(label, classes, placement="distributed", **weighted).fit(flowers)
    np.testing.assert_allclose(scored(distributed, flowers)[1], expected, atol=1e-3)


def test_both_placements_stop_early_alike_and_know_a_class_that_no_row_has(flowers: DataFrame) -> None:
    stopping = {"validationIndicatorCol": "held_out", "early_stopping_rounds": 3, "n_estimators": 100}
    local = a_stage("three", 4, **stopping).fit(flowers)
    distributed = a_stage("three", 4, placement="distributed", **stopping).fit(flowers)
    assert local.best_iteration is not None
    assert local.rounds == distributed.rounds == local.best_iteration + 1 < 100
    assert local.validation_curve == pytest.approx(distributed.validation_curve, rel=1e-3)
    prediction, probability = scored(distributed, flowers)
    assert probability.shape == (240, 4)
    assert probability[:, 3].max() < 1e-3
    assert set(prediction) == {0.0, 1.0, 2.0}


def a_model(classes: int, label: list[float]) -> XGBoostModel:
    """Trained by XGBoost itself on one feature: 0, 1, 2 …"""
    objective = {"objective": "multi:softprob", "num_class": classes} if classes > 2 else {}
    params = {"objective": "binary:logistic", "base_score": 0.5, **objective}
    matrix = xgb.DMatrix(np.arange(len(label), dtype=np.float32)[:, None], label)
    model = XGBoostModel(bytes(xgb.train(params, matrix, 1).save_raw("ubj")), classes=classes)
    return model._set(inputCols=["x"])


def test_ties_fall_to_the_second_of_two_classes_and_to_the_first_of_more(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.0,)], "x double")
    two = a_model(2, [0.0, 1.0] * 2).transform(frame).head()
    assert two is not None
    assert (two["prediction"], two["probability"]) == (1.0, [0.5, 0.5])
    three = a_model(3, [0.0, 1.0, 2.0]).transform(frame).head()
    assert three is not None
    assert three["prediction"] == 0.0
    assert three["probability"] == pytest.approx([1 / 3] * 3)


def test_prediction_and_probability_come_from_one_call(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(0.0,)], "x double")
    model = a_model(3, [0.0, 1.0, 2.0])
    plan: Any = model.transform(frame)._jdf.queryExecution().executedPlan()
    (call,) = [line for line in plan.toString().splitlines() if "ArrowEvalPython" in line]
    assert len(re.findall(r"classes\(", call)) == 1
    with pytest.raises(ValueError, match=r"a column 'probability'\. Drop it, or give the model another prob"):
        model.transform(frame.withColumn("probability", F.lit(1.0)))


@pytest.mark.parametrize("placement", ["local", "distributed"])
def test_a_label_that_is_no_class_index_is_refused(flowers: DataFrame, placement: str) -> None:
    sentence = "Boosted trees: the label of 1 of 4 rows is not one of the class indices 0 to 1."
    rows = flowers.where("id < 4").withColumn("two", F.when(F.col("id") == 1, 2.0).otherwise(0.0))
    with pytest.raises(DataRefused, match=re.escape(sentence)):
        a_stage("two", 2, placement=placement).fit(rows)


def test_an_objective_is_for_numbers_only() -> None:
    with pytest.raises(ConfigError, match="no parameter 'objective' for a binary task"):
        a_stage("two", 2, objective="reg:squarederror")
