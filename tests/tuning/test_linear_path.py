from __future__ import annotations

import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.sql import DataFrame, SparkSession

from pipeline.learners import Columns
from pipeline.learners.least_squares import Penalty, ridge_path
from pipeline.tuning.runners.linear_path import sums_of_products

pytestmark = pytest.mark.spark

NUMBERS = ["a", "b", "ones", "zeros"]
TOWNS = [f"CAST(id % 4 = {town} AS DOUBLE) AS town_{town}" for town in range(4)]


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """Numbers, constants, a one-hot that adds up to 1, and a column that is twice another."""
    frame = spark.range(240, numPartitions=2).selectExpr(
        "CAST(id % 37 AS DOUBLE) AS a",
        "CAST((id * 7919) % 101 AS DOUBLE) / 10 AS b",
        "1.0D AS ones",
        "0.0D AS zeros",
        *TOWNS,
        "2D * (id % 37) AS twice",
        "3 * (id % 37) - ((id * 7919) % 101) + 10 * (id % 4) + (id * 104729) % 13 AS y",
        "CAST(id % 3 AS DOUBLE) AS w",
    )
    all_columns = [*NUMBERS, *[f"town_{town}" for town in range(4)], "twice"]
    frame = VectorAssembler(inputCols=all_columns, outputCol="all").transform(frame)
    return VectorAssembler(inputCols=["a", "b"], outputCol="plain").transform(frame).persist()


def spark_line(rows: DataFrame, columns: Columns, penalty: Penalty) -> list[float]:
    weight = {} if columns.weight is None else {"weightCol": columns.weight}
    stage = LinearRegression(featuresCol=columns.features, labelCol="y", **weight, **vars(penalty))
    model = stage.fit(rows)
    return [*model.coefficients, model.intercept]


def test_every_penalty_gives_the_coefficients_of_sparks_own_fit(rows: DataFrame) -> None:
    cases = [
        ("all", "w", [Penalty(0.1), Penalty(5.0, fitIntercept=False)]),
        ("plain", "w", [Penalty(0.0)]),
        ("plain", None, [Penalty(0.1, standardization=False), Penalty(1.0, False, False)]),
    ]
    for features, weight, penalties in cases:
        columns = Columns(features, "y", weight, None, 2, width=9 if features == "all" else 2)
        lines = ridge_path(sums_of_products(rows, columns), penalties)
        for penalty, line in zip(penalties, lines, strict=True):
            assert line is not None
            found = [*line.coefficients, line.intercept]
            assert found == pytest.approx(spark_line(rows, columns, penalty), rel=1e-6, abs=1e-8), penalty
