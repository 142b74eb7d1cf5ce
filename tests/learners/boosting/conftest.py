"""One small frame for all tests of the boosted-tree stage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


@pytest.fixture(scope="session")
def houses(spark: SparkSession) -> Iterator[DataFrame]:
    """600 rows of fewer distinct values than bins, so that both ways to train find the same cut points.

    Awkward on purpose: a name with a dot, gaps as null and as NaN, a column that is missing everywhere.
    """
    key = F.col("id")
    area = F.pmod(F.hash(key, F.lit(1)), F.lit(90)).cast("double")
    age = F.pmod(F.hash(key, F.lit(2)), F.lit(50)).cast("int")
    zone = F.pmod(F.hash(key, F.lit(3)), F.lit(4)).cast("double")
    rows = spark.range(600).select(
        key,
        F.when(key % 11 == 0, None)
        .when(key % 13 == 0, F.lit(float("nan")))
        .otherwise(area)
        .alias("area.m2 [net]"),
        age.alias("age"),
        zone.alias("zone"),
        F.lit(None).cast("double").alias("never"),
        (key % 5 == 0).alias("held_out"),
        (1 + key % 3).cast("double").alias("weight"),
        (3 * area - age + F.when(zone % 2 == 0, 40).otherwise(0) + key % 7).cast("double").alias("price"),
    )
    held = rows.cache()
    yield held
    held.unpersist()
