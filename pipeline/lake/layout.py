"""How a table is laid out when it is created, and what its columns may be called."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.sql import DataFrame, DataFrameWriter
from pyspark.sql.types import StructType

MAPPING = "delta.columnMapping.mode"
STATS = "delta.dataSkippingStatsColumns"
_MAY_BE_NULL = ("nullable", "containsNull", "valueContainsNull")
_NOT_IN_PARQUET = re.compile(r"[ ,;{}()\n\t=]")


def quoted(column: str) -> str:
    """A column's name as SQL reads it, whatever characters it has."""
    return "`" + column.replace("`", "``") + "`"


def needs_mapping(schema: StructType) -> bool:
    """Whether a column's name has characters that parquet files do not take, such as a blank."""
    return any(
        _NOT_IN_PARQUET.search(field.name)
        or (isinstance(field.dataType, StructType) and needs_mapping(field.dataType))
        for field in schema
    )


def stats_text(stats: Sequence[str]) -> str:
    """The columns that Delta keeps minima and maxima of, as its property lists them."""
    return ",".join(quoted(name) for name in stats)


def assigned(name: str, value: str) -> str:
    """A property and its value as SQL sets it."""
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{name}' = '{text}'"


def properties(rows: DataFrame, stats: Sequence[str] | None) -> dict[str, str]:
    """The properties of a table to be created from `rows`."""
    found = {MAPPING: "name"} if needs_mapping(rows.schema) else {}
    if stats:
        found[STATS] = stats_text(stats)
    elif stats is not None:
        found["delta.dataSkippingNumIndexedCols"] = "0"
    return found


def as_new(writer: DataFrameWriter, partition_by: Sequence[str], of: Mapping[str, str]) -> DataFrameWriter:
    """The writer whose first rows create the table, with these properties."""
    for name, value in of.items():
        writer = writer.option(name, value)
    return writer.partitionBy(*partition_by) if partition_by else writer


def nullable(schema: StructType) -> StructType:
    """The schema with NULL allowed everywhere, as Delta keeps the one of rows that are written."""
    found: StructType = StructType.fromJson(_nullable(schema.jsonValue()))
    return found


def _nullable(told: Any) -> Any:
    """A schema as JSON: what says whether NULL is allowed says yes."""
    if isinstance(told, list):
        return [_nullable(part) for part in told]
    if not isinstance(told, dict):
        return told
    return {
        key: True if key in _MAY_BE_NULL else part if key == "metadata" else _nullable(part)
        for key, part in told.items()
    }
