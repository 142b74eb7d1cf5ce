from __future__ import annotations

import math

import pytest
from pyspark.sql import SparkSession

from pipeline.preprocessing import statistics
from pipeline.preprocessing.roles import Role, Roles
from pipeline.preprocessing.statistics import NumberStatistics, measure

ROLES = Roles((Role("x", "numeric", ""), Role("empty", "numeric", ""), Role("c", "categorical", "")))


@pytest.mark.spark
def test_numbers_and_categories(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            (1.0, None, "b"),
            (3.0, None, "a"),
            (math.nan, None, "a"),
            (math.inf, None, None),
            (None, None, "c"),
            (8.0, None, "b"),
        ],
        "x double, empty double, c string",
    )
    found = measure(rows, ROLES)
    assert found.rows == 6
    # Three values: NaN and infinity are gaps like NULL. Frequent first, equal counts by their text.
    assert found.numbers["x"] == NumberStatistics(
        6, 3, 4.0, pytest.approx(math.sqrt(13)), 1.0, 8.0, 1.0, 3.0, 8.0
    )
    assert found.numbers["empty"] == NumberStatistics(6, 6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert found.categories == {"c": ("a", "b", "c")}


@pytest.mark.spark
def test_only_the_most_frequent_categories_keep_a_code(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "CATEGORY_BOUND", 2)
    rows = spark.createDataFrame([("z",), ("z",), ("y",), ("y",), ("x",)], "c string")
    assert measure(rows, Roles((Role("c", "categorical", ""),))).categories == {"c": ("y", "z")}
