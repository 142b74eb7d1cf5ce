"""Types from a sample: what nearly all values can become, without losing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.lake.layout import quoted

SAMPLE_ROWS = 10_000
MOST_GROUPS = 50_000
_SHARE = 0.99
WHOLE = r"^\s*[+-]?\d+\s*$"
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
DATE = r"^\s*\d{4}-\d{1,2}-\d{1,2}\s*$"
MOMENT = r"^\s*\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{2}"
# 00123 is a name, not a number; a whole number of 19 digits or more loses digits as a DOUBLE.
NAME_OF_DIGITS = r"^\s*[+-]?(0\d+|\d{19,})\s*$"


@dataclass(frozen=True)
class Found:
    """How many of a column's values look like what; a missing one counts nowhere."""

    booleans: int = 0
    whole: int = 0
    numbers: int = 0
    dates: int = 0
    moments: int = 0
    names_of_digits: int = 0
    texts: int = 0


def type_of(found: Found) -> str:
    """The narrowest type for all numbers or moments, if 99 % of the values are such; else STRING."""
    numbers, moments = found.whole + found.numbers, found.dates + found.moments
    candidates = [("BOOLEAN", found.booleans)]
    if not found.names_of_digits:
        candidates.append(("DOUBLE" if found.numbers else "BIGINT", numbers))
    candidates.append(("TIMESTAMP" if found.moments else "DATE", moments))
    values = sum(astuple(found))
    return next((kind for kind, count in candidates if 0 < count >= _SHARE * values), "STRING")


def values_by_column(rows: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Every value of every column as (position, name, value): one narrow aggregate instead of hundreds."""
    names = F.array(*(F.lit(name) for name in columns))
    values = F.array(*[F.col(quoted(name)) for name in columns])
    return rows.select(F.posexplode(values).alias("position", "value")).select(
        "position", F.get(names, F.col("position")).alias("name"), "value"
    )


def found_by_column(values: DataFrame, nulls: Sequence[str]) -> dict[str, Found]:
    """The facts of each column, in the order of their first appearance. Some rows a column are collected."""
    value = F.col("value")
    present = value.isNotNull() & (~value.isin(*nulls) if nulls else F.lit(True))

    def converts(kind: str, pattern: str) -> Column:
        return value.rlike(pattern) & value.try_cast(kind).isNotNull()

    looks_like = (
        F.when(~present, "missing")
        .when(value.rlike(NAME_OF_DIGITS), "names_of_digits")
        .when(converts("bigint", WHOLE), "whole")
        .when(converts("double", NUMBER), "numbers")
        .when(F.lower(F.trim(value)).isin("true", "false"), "booleans")
        .when(converts("date", DATE), "dates")
        .when(converts("timestamp", MOMENT), "moments")
        .otherwise("texts")
    )
    groups = values.groupBy("name", F.coalesce(looks_like, F.lit("missing")).alias("looks_like")).agg(
        F.min("position").alias("position"), F.count(F.lit(1)).alias("rows")
    )
    counts: dict[str, dict[str, int]] = {}
    for row in groups.orderBy("position", "name").limit(MOST_GROUPS).collect():
        of_column = counts.setdefault(row["name"], {})
        if row["looks_like"] != "missing":
            of_column[row["looks_like"]] = row["rows"]
    return {name: Found(**of_column) for name, of_column in counts.items()}
