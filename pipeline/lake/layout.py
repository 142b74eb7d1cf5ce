"""How a table is laid out when it is created, and what its columns may be called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pyspark.sql import DataFrame, DataFrameWriter
from pyspark.sql.types import StructType

MAPPING = "delta.columnMapping.mode"
STATS = "delta.dataSkippingStatsColumns"
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


def as_new(
    rows: DataFrame, writer: DataFrameWriter, partition_by: Sequence[str], stats: Sequence[str] | None
) -> DataFrameWriter:
    """The writer with the properties of a table to be created from `rows`."""
    if needs_mapping(rows.schema):
        writer = writer.option(MAPPING, "name")
    if partition_by:
        writer = writer.partitionBy(*partition_by)
    if stats is None:
        return writer
    if stats:
        return writer.option(STATS, stats_text(stats))
    return writer.option("delta.dataSkippingNumIndexedCols", "0")
