from __future__ import annotations

import math

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from sklearn import metrics

from pipeline.errors import DataRefused
from pipeline.evaluation.regression import evaluate

ACTUAL = [3.0, -0.5, 2.0, 7.0, 0.0]
MODEL = [2.5, 0.0, 2.0, 8.0, 0.25]


@pytest.mark.spark
def test_metrics_are_those_of_scikit_learn(spark: SparkSession) -> None:
    rows = spark.createDataFrame(list(zip(ACTUAL, MODEL, strict=True)), "y double, p double")
    found = evaluate(rows, {"model": "p", "constant": F.lit(1.0)}, "y")
    for name, predicted in {"model": MODEL, "constant": [1.0] * 5}.items():
        expected = {
            "rmse": metrics.root_mean_squared_error(ACTUAL, predicted),
            "mse": metrics.mean_squared_error(ACTUAL, predicted),
            "mae": metrics.mean_absolute_error(ACTUAL, predicted),
            "r2": metrics.r2_score(ACTUAL, predicted),
            "mape": metrics.mean_absolute_percentage_error(ACTUAL, predicted),
        }
        assert found[name] == pytest.approx(expected, rel=1e-12)


@pytest.mark.spark
def test_rows_without_a_label_are_left_out_and_a_missing_prediction_is_never_good(
    spark: SparkSession,
) -> None:
    rows = spark.createDataFrame(
        [(1.0, 1.0, None), (2.0, 2.0, 2.0), (None, 9.0, 9.0)], "y double, p double, q double"
    )
    found = evaluate(rows, {"whole": "p", "gap": "q"}, "y")
    assert found["whole"]["rmse"] == 0
    assert all(math.isnan(value) for value in found["gap"].values())


@pytest.mark.spark
def test_a_constant_label_gives_the_r2_of_scikit_learn(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(2.0, 2.0, 3.0)] * 3, "y double, p double, q double")
    found = evaluate(rows, {"right": "p", "wrong": "q"}, "y")
    assert found["right"]["r2"] == metrics.r2_score([2.0] * 3, [2.0] * 3) == 1
    assert found["wrong"]["r2"] == metrics.r2_score([2.0] * 3, [3.0] * 3) == 0


@pytest.mark.spark
def test_no_labelled_row_is_refused(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(None, 1.0)], "y double, p double")
    with pytest.raises(DataRefused, match="no row has a value in the label 'y'"):
        evaluate(rows, {"model": "p"}, "y")


@pytest.mark.spark
def test_all_predictions_are_measured_by_one_job(spark: SparkSession) -> None:
    rows = spark.range(100).select(F.col("id").cast("double").alias("y"), (F.col("id") + 1).alias("p"))
    spark.sparkContext.setJobGroup("regression-in-one-pass", "metrics of two predictions")
    try:
        evaluate(rows, {"model": "p", "baseline": F.lit(50.0)}, "y")
        jobs = spark.sparkContext.statusTracker().getJobIdsForGroup("regression-in-one-pass")
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    scans = {stage for job in jobs for stage in spark.sparkContext.statusTracker().getJobInfo(job).stageIds}
    # AQE runs an aggregation's two stages as two jobs: one stage reads the rows, one adds up.
    assert len(jobs) <= 2, jobs
    assert len(scans) <= 3, scans
