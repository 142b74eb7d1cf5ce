from __future__ import annotations

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession

from pipeline.tracking import example_frame, predict_example, take_example

pytestmark = pytest.mark.spark

ROWS = """
    SELECT CAST(1 AS BIGINT) id, 0.1D area, CAST(0.1 AS FLOAT) share, 1.50BD price, 'a "b" ü' `kind of`,
           true new, DATE '2026-01-02' sold, TIMESTAMP '2026-01-02 03:04:05.000006' seen
    UNION ALL SELECT 9007199254740993, double('NaN'), NULL, NULL, NULL, NULL, NULL, NULL
"""


def test_an_example_comes_back_as_it_was(spark: SparkSession) -> None:
    rows = spark.sql(ROWS).coalesce(1)
    types = {field.name: field.dataType.simpleString() for field in rows.schema.fields}

    example = take_example(rows, rows.columns)
    found = example_frame(spark, example, types).drop("__example_row")

    assert [set(row) for row in example] == [set(types), set(types)]
    assert found.dtypes == rows.dtypes
    assert [str(row) for row in found.collect()] == [str(row) for row in rows.collect()]
    assert [str(row) for row in found.collect()] != [str(row) for row in rows.limit(1).collect()]


def test_an_example_is_at_most_twenty_rows_of_the_named_columns(spark: SparkSession) -> None:
    example = take_example(spark.range(30).selectExpr("id", "id AS other"), ["other"])

    assert len(example) == 20
    assert set(example[0]) == {"other"}


def test_predictions_are_in_the_order_of_the_example(spark: SparkSession) -> None:
    doubled = SQLTransformer(statement="SELECT *, 2 * area AS prediction FROM __THIS__ ORDER BY area DESC")
    example = ({"area": 1.5}, {"area": None}, {"area": 0.5})

    found = predict_example(spark, PipelineModel([doubled]), example, {"area": "double"})

    assert found == ({"prediction": 3.0}, {"prediction": None}, {"prediction": 1.0})
