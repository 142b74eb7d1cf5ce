"""The range that a batch covers in some columns, as a condition under which Delta leaves out whole files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    DateType,
    DecimalType,
    IntegralType,
    StringType,
    StructType,
    TimestampType,
)

from pipeline.lake.layout import quoted

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LONGEST_TEXT = 200
_LOW, _HIGH, _HAS_NULL = "__low_", "__high_", "__has_null_"


@dataclass(frozen=True)
class Range:
    """The values of one column. `low` or `high` is None where nothing can be said about that end."""

    column: str
    kind: DataType
    low: Any
    high: Any
    has_null: bool

    def condition(self, of: str) -> Column:
        """Whether a row of the frame with the alias `of` may have one of the values."""
        column = F.col(f"{of}.{quoted(self.column)}")
        within = F.lit(True)
        if self.low is not None:
            within = within & (column >= _literal(self.low, self.kind))
        if self.high is not None:
            within = within & (column <= _literal(self.high, self.kind))
        return column.isNull() | within if self.has_null else within


def has_bounds(kind: DataType) -> bool:
    """Whether Delta skips files by the smallest and largest values of such a column.

    Not for numbers with NaN, and not for texts that compare by other rules than their bytes.
    """
    return isinstance(kind, (IntegralType, DecimalType, DateType, TimestampType)) or kind == StringType()


def ranges(rows: DataFrame, columns: Sequence[str]) -> tuple[Range, ...] | None:
    """The range of each column that can have one, from one pass; None where there are no rows."""
    bounded = [name for name in dict.fromkeys(columns) if has_bounds(rows.schema[name].dataType)]
    found = rows.agg(F.count(F.lit(1)).alias("rows"), *_aggregates(rows.schema, bounded)).collect()[0]
    if not found["rows"]:
        return None
    return tuple(
        _range(
            name, rows.schema[name].dataType, *(found[f"{what}{place}"] for what in (_LOW, _HIGH, _HAS_NULL))
        )
        for place, name in enumerate(bounded)
    )


def within(found: Sequence[Range], of: str) -> Column | None:
    """The condition that all ranges make together, None where there is none."""
    conditions = [one.condition(of) for one in found]
    return reduce(lambda left, right: left & right, conditions) if conditions else None


def later_than(found: Sequence[Range], order: Sequence[str], of: str) -> Column | None:
    """What a row must meet to come after one of the batch in the order of some columns, compared in turn.

    None where that is not known: the first column has no range, or is NULL in a row of the batch.
    """
    by_column = {one.column: one for one in found}
    later, equal = F.lit(False), F.lit(True)
    for place, name in enumerate(order):
        one = by_column.get(name)
        if one is None or one.low is None or one.has_null:
            return None if place == 0 else later | equal
        column, low = F.col(f"{of}.{quoted(name)}"), _literal(one.low, one.kind)
        later, equal = later | (equal & (column > low)), equal & (column == low)
    return later


def _aggregates(schema: StructType, bounded: Sequence[str]) -> Iterator[Column]:
    for place, name in enumerate(bounded):
        value = _countable(F.col(quoted(name)), schema[name].dataType)
        yield F.min(value).alias(f"{_LOW}{place}")
        yield F.max(value).alias(f"{_HIGH}{place}")
        yield F.bool_or(F.col(quoted(name)).isNull()).alias(f"{_HAS_NULL}{place}")


def _countable(value: Column, kind: DataType) -> Column:
    """The value as Python takes it whole: days and microseconds, since Spark's years reach further."""
    if isinstance(kind, DateType):
        return F.unix_date(value)
    return F.unix_micros(value) if isinstance(kind, TimestampType) else value


def _range(name: str, kind: DataType, low: Any, high: Any, has_null: bool) -> Range:
    if isinstance(kind, StringType):
        # Any beginning of a text is smaller than the text; there is no such short text above it.
        low = None if low is None else low[:_LONGEST_TEXT]
        high = high if high is not None and len(high) <= _LONGEST_TEXT else None
    return Range(name, kind, _value(low, kind), _value(high, kind), has_null)


def _value(found: Any, kind: DataType) -> Any:
    """A day or a moment again, None beyond the years that Python knows."""
    try:
        if found is not None and isinstance(kind, DateType):
            return date(1970, 1, 1) + timedelta(days=found)
        if found is not None and isinstance(kind, TimestampType):
            return _EPOCH + timedelta(microseconds=found)
    except OverflowError:
        return None
    return found


def _literal(value: Any, kind: DataType) -> Column:
    """Delta looks at plain values only, not at what would have to be worked out."""
    if isinstance(kind, (DateType, TimestampType)):
        name = "DATE" if isinstance(kind, DateType) else "TIMESTAMP"
        return F.expr(f"{name} '{value.isoformat()}'")
    return F.lit(value) if isinstance(kind, StringType) else F.lit(value).cast(kind)
