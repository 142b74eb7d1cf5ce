"""Scoring, saving and copying a fitted model."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.learners.boosting import model as module
from pipeline.learners.boosting.estimator import XGBoostEstimator
from pipeline.learners.boosting.model import XGBoostModel

pytestmark = pytest.mark.spark


def a_booster(features: int = 2, rounds: int = 5) -> xgb.Booster:
    random = np.random.default_rng(0)
    values = random.integers(0, 9, (200, features)).astype(np.float32)
    values[random.random(values.shape) < 0.2] = np.nan
    label = np.nan_to_num(values, nan=-3).sum(axis=1) + random.normal(size=200)
    return xgb.train({"max_depth": 4}, xgb.DMatrix(values, label), rounds)


def a_model(booster: xgb.Booster, *names: str) -> XGBoostModel:
    model = XGBoostModel(bytes(booster.save_raw("ubj")))
    return model._set(inputCols=list(names))


def expected(booster: xgb.Booster, *rows: list[float | None]) -> list[float]:
    matrix = np.array([[np.nan if value is None else value for value in row] for row in rows], np.float32)
    return [float(value) for value in booster.inplace_predict(matrix)]


def predictions(frame: DataFrame) -> list[float]:
    return [row["prediction"] for row in frame.collect()]


def test_missing_is_null_or_nan_and_other_columns_pass_by(spark: SparkSession) -> None:
    booster = a_booster()
    rows = [("a", 1.0, 2.0), ("b", None, 2.0), ("c", float("nan"), None), ("d", 8.0, 8.0)]
    frame = spark.createDataFrame(rows, "name string, x double, y double")
    scored = a_model(booster, "x", "y").transform(frame)
    assert scored.columns == ["name", "x", "y", "prediction"]
    assert dict(scored.dtypes)["prediction"] == "double"
    assert [row["name"] for row in scored.collect()] == ["a", "b", "c", "d"]
    assert predictions(scored) == expected(booster, [1, 2], [None, 2], [None, None], [8, 8])
    assert len(set(predictions(scored))) == 4


def test_one_feature(spark: SparkSession) -> None:
    """An iterator UDF of one column receives arrays, not tuples of one."""
    booster = a_booster(features=1)
    frame = spark.createDataFrame([(1.0,), (None,), (7.0,)], "x double")
    assert predictions(a_model(booster, "x").transform(frame)) == expected(booster, [1], [None], [7])


def test_many_batches_and_partitions(spark: SparkSession) -> None:
    booster = a_booster(features=1)
    frame = spark.range(25_000).select((F.col("id") % 9).alias("x")).repartition(3)
    scored = (
        a_model(booster, "x").transform(frame).groupBy("x").agg(F.collect_set("prediction").alias("found"))
    )
    assert {row["x"]: row["found"] for row in scored.collect()} == {
        value: expected(booster, [value]) for value in range(9)
    }


def test_no_rows(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], "x double, y double")
    assert a_model(a_booster(), "x", "y").transform(frame).collect() == []


def test_any_numeric_type_and_any_name(spark: SparkSession) -> None:
    booster = a_booster(features=3)
    frame = spark.sql("select 4 as `a.b`, cast('2.5' as decimal(3, 1)) as `c``d`, true as `e f`")
    scored = a_model(booster, "a.b", "c`d", "e f").transform(frame)
    assert predictions(scored) == expected(booster, [4, 2.5, 1])


def test_infinity_is_a_very_large_number(spark: SparkSession) -> None:
    booster = a_booster()
    frame = spark.createDataFrame([(float("inf"), 1.0), (float("-inf"), 1.0)], "x double, y double")
    assert predictions(a_model(booster, "x", "y").transform(frame)) == expected(
        booster, [1e30, 1], [-1e30, 1]
    )


def test_nothing_runs_before_an_action_and_a_filter_on_the_prediction_works(spark: SparkSession) -> None:
    booster = a_booster()
    broken = spark.range(1).select(
        F.raise_error(F.lit("ran")).cast("double").alias("x"), F.lit(1.0).alias("y")
    )
    assert "prediction" in a_model(booster, "x", "y").transform(broken).columns
    frame = spark.createDataFrame([(1.0, 1.0), (8.0, 8.0)], "x double, y double")
    low, high = expected(booster, [1, 1], [8, 8])
    kept = a_model(booster, "x", "y").transform(frame).where(F.col("prediction") > (low + high) / 2)
    assert predictions(kept) == [high]


def test_a_prediction_column_is_not_overwritten(spark: SparkSession) -> None:
    frame = spark.createDataFrame([(1.0, 1.0, 1.0)], "x double, y double, prediction double")
    model = a_model(a_booster(), "x", "y")
    with pytest.raises(ValueError, match=r"already has a column 'prediction'\. Drop it, or give"):
        model.transform(frame)
    assert model.copy({model.predictionCol: "again"}).transform(frame).columns[-1] == "again"


def test_a_large_booster_is_broadcast_once_and_never_travels_with_the_model(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    booster = a_booster()
    frame = spark.createDataFrame([(1.0, 2.0)], "x double, y double")
    model = a_model(booster, "x", "y")
    model.transform(frame)
    assert vars(model)["_shared"] is None
    monkeypatch.setattr(module, "SHIP_IN_TASK", 0)
    assert predictions(model.transform(frame)) == expected(booster, [1, 2])
    shared = vars(model)["_shared"]
    assert shared is not None
    model.transform(frame)
    assert model._shared is shared
    for other in (model.copy(), pickle.loads(pickle.dumps(model))):
        assert other._shared is None
        assert other.ubj == model.ubj
    assert predictions(model.copy().transform(frame)) == expected(booster, [1, 2])
    vars(model)["_shared"] = (object(), None)  # the broadcast of a session that is gone
    assert predictions(model.transform(frame)) == expected(booster, [1, 2])
    assert vars(model)["_shared"][0] is spark.sparkContext


def test_saved_inside_a_pipeline_and_loaded_again(houses: DataFrame, tmp_path: Path) -> None:
    stages = Pipeline(
        stages=[
            SQLTransformer(statement="select *, age * 12 as months from __THIS__"),
            XGBoostEstimator(
                inputCols=["months", "zone"],
                labelCol="price",
                validationIndicatorCol="held_out",
                early_stopping_rounds=3,
                n_estimators=100,
                placement="local",
                predictionCol="guess",
            ),
        ]
    )
    fitted = stages.fit(houses)
    fitted.write().save(str(tmp_path / "model"))
    fitted.write().overwrite().save(str(tmp_path / "model"))
    loaded = PipelineModel.load(str(tmp_path / "model"))
    saved: Any = fitted.stages[1]
    found: Any = loaded.stages[1]
    assert found.uid == saved.uid
    assert found.ubj == saved.ubj
    assert found.importances == saved.importances
    assert found.best_iteration == saved.best_iteration is not None
    assert found.validation_curve == saved.validation_curve != ()
    columns = ["id", "guess"]
    rows = loaded.transform(houses).select(columns).orderBy("id").collect()
    assert rows == fitted.transform(houses).select(columns).orderBy("id").collect()
    copied: Any = loaded.copy().stages[1]
    assert copied.ubj == saved.ubj


def test_what_is_saved_is_metadata_and_one_row(spark: SparkSession, tmp_path: Path) -> None:
    model = a_model(a_booster(), "x", "y")
    model.write().save(str(tmp_path / "model"))
    metadata = json.loads(spark.read.text(str(tmp_path / "model" / "metadata")).collect()[0]["value"])
    assert metadata["class"] == "pipeline.learners.boosting.model.XGBoostModel"
    assert (metadata["format"], metadata["classes"]) == (2, 0)
    assert metadata["xgboost"] == xgb.__version__
    rows = spark.read.parquet(str(tmp_path / "model" / "booster")).collect()
    assert [bytes(row["booster"]) for row in rows] == [model.ubj]


def reformat(spark: SparkSession, path: Path, version: int | None) -> None:
    """Make the saved model one of another format: of none but format 2 are there classes."""
    metadata = json.loads(spark.read.text(str(path / "metadata")).collect()[0]["value"])
    del metadata["classes"]
    del metadata["defaultParamMap"]["probabilityCol"]
    text = json.dumps({**metadata, "format": version})
    spark.createDataFrame([(text,)], "value string").write.mode("overwrite").text(str(path / "metadata"))


def test_a_model_of_the_first_format_is_still_read(spark: SparkSession, tmp_path: Path) -> None:
    booster = a_booster()
    a_model(booster, "x", "y").write().save(str(tmp_path / "model"))
    reformat(spark, tmp_path / "model", 1)
    loaded = XGBoostModel.load(str(tmp_path / "model"))
    assert loaded.classes == 0
    frame = spark.createDataFrame([(1.0, 2.0)], "x double, y double")
    assert predictions(loaded.transform(frame)) == expected(booster, [1, 2])


@pytest.mark.parametrize("version", [None, 3])
def test_an_unknown_format_is_refused(spark: SparkSession, tmp_path: Path, version: int | None) -> None:
    path = tmp_path / "model"
    a_model(a_booster(), "x", "y").write().save(str(path))
    reformat(spark, path, version)
    with pytest.raises(
        ValueError, match=re.escape(f"has format {version}; read here: 1 and 2. Load it with the version")
    ):
        XGBoostModel.load(str(path))


def test_a_copy_without_its_booster_is_refused(spark: SparkSession, tmp_path: Path) -> None:
    path = tmp_path / "model"
    a_model(a_booster(), "x", "y").write().save(str(path))
    spark.createDataFrame([], "booster binary").write.mode("overwrite").parquet(str(path / "booster"))
    with pytest.raises(ValueError, match="has no booster: the copy is incomplete"):
        XGBoostModel.load(str(path))
