"""A few input rows kept with a model, so that the model can be asked again after it was stored and loaded."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

MOST_ROWS = 20
_NUMBER = "__example_row"
_ROW = "__example_values"
_AS_TEXT = {
    "ignoreNullFields": "false",
    "dateFormat": "yyyy-MM-dd",
    "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
    "timestampNTZFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSS",
}


def take_example(rows: DataFrame, columns: Sequence[str]) -> tuple[Mapping[str, Any], ...]:
    """The first rows of `rows`, at most 20, as JSON values that `example_frame` turns back exactly."""
    texts = rows.limit(MOST_ROWS).select(
        F.to_json(F.struct(*[F.col(_quoted(name)) for name in columns]), _AS_TEXT).alias(_ROW)
    )
    return tuple(json.loads(row[_ROW]) for row in texts.collect())


def example_frame(
    spark: SparkSession, example: Sequence[Mapping[str, Any]], input_columns: Mapping[str, str]
) -> DataFrame:
    """The example as a frame with the Spark types of `input_columns`, and a row number beside them."""
    texts = pa.table({_NUMBER: range(len(example)), _ROW: [json.dumps(row) for row in example]})
    schema = ", ".join(f"{_quoted(name)} {kind}" for name, kind in input_columns.items())
    read = {name: value for name, value in _AS_TEXT.items() if name != "ignoreNullFields"}
    parsed = F.from_json(F.col(_ROW), schema, read)
    return spark.createDataFrame(texts).select(_NUMBER, parsed.alias(_ROW)).select(_NUMBER, f"{_ROW}.*")


def predict_example(
    spark: SparkSession,
    model: PipelineModel,
    example: Sequence[Mapping[str, Any]],
    input_columns: Mapping[str, str],
) -> tuple[float, ...]:
    """What `model` predicts for the example, in its order; a missing prediction is NaN."""
    predicted = model.transform(example_frame(spark, example, input_columns)).select(_NUMBER, "prediction")
    values = {row[_NUMBER]: row["prediction"] for row in predicted.collect()}  # at most 20 rows
    found = (values.get(number) for number in range(len(example)))
    return tuple(math.nan if value is None else float(value) for value in found)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
