"""What is known of each column of some rows: one aggregation, whatever the number of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.lake.layout import quoted

UUID = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
_SKETCH = 12
"""2^12 registers: counts of different values are within about 2 %, and exact for small ones."""
DENSE = 0.5
"""Row numbers have gaps where rows are held out for validation and test."""


@dataclass(frozen=True)
class Profile:
    """The facts of one column. NaN counts as missing."""

    rows: int
    values: int
    """Rows that have a value."""
    distinct: int = 0
    """Different values of a text or whole number, approximate above some hundred; 0 for other types."""
    constant: bool = False
    """All values are the same one."""
    dense: bool = False
    """Whole numbers that fill half of the range from smallest to largest and more, as row numbers do."""
    uuids: bool = False
    """Texts whose smallest and largest are UUIDs; what lies between them hardly is anything else."""
    length: float = 0.0
    """Characters in a text, on average."""


def is_plain(kind: T.DataType) -> bool:
    """Whether a column of this type can be a feature as it is."""
    return isinstance(kind, (T.NumericType, T.BooleanType, T.StringType))


def profile(rows: DataFrame, columns: Sequence[T.StructField]) -> Mapping[str, Profile]:
    """Profiles of some plain columns of `rows`, from one job; its result is one row."""
    if not columns:
        return {}
    facts = [F.struct(*_facts(field)).alias(f"column_{place}") for place, field in enumerate(columns)]
    found = rows.agg(F.count(F.lit(1)).alias("rows"), *facts).first()
    assert found is not None  # an aggregation without groups has one row
    return {
        field.name: _profile(found["rows"], found[f"column_{place}"].asDict())
        for place, field in enumerate(columns)
    }


def _facts(field: T.StructField) -> list[Column]:
    column = F.col(quoted(field.name))
    if isinstance(field.dataType, (T.FloatType, T.DoubleType)):
        column = F.nanvl(column, F.lit(None).cast(field.dataType))
    least, most = F.min(column), F.max(column)
    facts = [F.count(column).alias("values"), F.equal_null(least, most).alias("constant")]
    if isinstance(field.dataType, T.StringType):
        facts += [
            _distinct(column),
            F.avg(F.length(column)).alias("length"),
            (least.rlike(UUID) & most.rlike(UUID)).alias("uuids"),
        ]
    if isinstance(field.dataType, T.IntegralType):
        width = most.cast("double") - least.cast("double") + 1
        facts += [_distinct(column.cast("bigint")), (width <= F.count(column) / DENSE).alias("dense")]
    return facts


def _distinct(column: Column) -> Column:
    """A sketch of one value per column: `approx_count_distinct` slows down with their number."""
    return F.hll_sketch_estimate(F.hll_sketch_agg(column, _SKETCH)).alias("distinct")


def _profile(rows: int, facts: Mapping[str, Any]) -> Profile:
    return Profile(rows, **{name: value for name, value in facts.items() if value is not None})
