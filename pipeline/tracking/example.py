"""A few input rows kept with a model, so that the model can be asked again after it was stored and loaded."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

MOST_ROWS = 20
SAID = ("prediction", "probability")
"""What a model says about a row."""

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
) -> tuple[Mapping[str, Any], ...]:
    """What `model` predicts for the example, in its order, as JSON values.

    `prediction` (None where it is missing or no finite number), and `probability` where the model gives it.
    """
    predicted = model.transform(example_frame(spark, example, input_columns))
    said = [name for name in SAID if name in predicted.columns]
    values = {row[_NUMBER]: row for row in predicted.select(_NUMBER, *said).collect()}  # at most 20 rows
    return tuple({name: _json(values[number][name]) for name in said} for number in range(len(example)))


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
