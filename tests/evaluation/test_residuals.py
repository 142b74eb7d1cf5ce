from __future__ import annotations

import math

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.evaluation.residuals import BINS, Residuals, residuals


def cells(found: Residuals) -> dict[tuple[int, int], int]:
    return {
        (actual, predicted): count
        for actual, row in enumerate(found.counts)
        for predicted, count in enumerate(row)
        if count
    }


@pytest.mark.spark
def test_rows_are_counted_by_actual_predicted_and_residual(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            (0.0, 0.0),
            (60.0, 60.0),
            (30.0, 40.0),
            (30.0, 40.5),
            (10.0, None),
            (10.0, math.nan),
            (None, 1.0),
            (math.nan, 1.0),
        ],
        "y double, p double",
    )
    found = residuals(rows, "p", "y")
    assert (found.low, found.high, found.error_low, found.error_high) == (0, 60, -10.5, 0)
    assert cells(found) == {(0, 0): 1, (30, 40): 2, (59, 59): 1}
    assert {place: count for place, count in enumerate(found.errors) if count} == {0: 1, 2: 1, 59: 2}
    assert (found.rows, found.missing) == (4, 2)


@pytest.mark.spark
def test_a_few_rows_far_out_do_not_squeeze_the_others(spark: SparkSession) -> None:
    rows = spark.range(1_000).select(F.col("id").cast("double").alias("y"))
    far = spark.createDataFrame([(1e300,), (-1e300,)], "y double")
    found = residuals(rows.union(far), F.lit(500.0), "y")
    assert found.low == pytest.approx(-495, abs=20)
    assert found.high == pytest.approx(1_490, abs=20)
    assert found.rows == sum(map(sum, found.counts)) == sum(found.errors) == 1_002
    assert len(found.counts) == len(found.errors) == BINS


@pytest.mark.spark
def test_one_value_has_a_range_and_no_prediction_is_refused(spark: SparkSession) -> None:
    rows = spark.createDataFrame([(7.0, 7.0, None)], "y double, p double, none double")
    found = residuals(rows, "p", "y")
    assert (found.low, found.high, found.error_low, found.error_high) == (3.5, 10.5, -0.5, 0.5)
    assert cells(found) == {(30, 30): 1}
    with pytest.raises(DataRefused, match="no row has both a value in the label 'y' and a prediction"):
        residuals(rows, "none", "y")
