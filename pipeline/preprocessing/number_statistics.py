"""Moments and percentiles of number columns. Gaps (missing, NaN, infinite) are counted, and no value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

Detail = Literal["gaps", "filling", "all"]
"""What is measured: whether there are gaps; moments, and percentiles where there are, to fill them; all."""

# Spark plans an aggregation in more than linear time: of more columns than this, each part is one of its own.
COLUMNS_AT_ONCE = 400
_PERCENTILES = (0.25, 0.5, 0.75)
_PERCENTILE_ACCURACY = 10_000


@dataclass(frozen=True)
class NumberStatistics:
    """One number column over the training rows; moments and percentiles are of its values, not its gaps."""

    rows: int
    missing: int
    mean: float
    std: float
    min: float
    max: float
    q25: float
    median: float
    q75: float


@dataclass(frozen=True)
class Moments:
    """Values of one column in one group of rows; `squares` is the sum of squared distances from the mean."""

    values: int = 0
    mean: float = 0.0
    squares: float = 0.0
    min: float = math.inf
    max: float = -math.inf

    def __add__(self, other: Moments) -> Moments:
        """Both groups together: Chan, Golub and LeVeque, Am. Statistician 37(3), 1983."""
        if not self.values or not other.values:
            return self if self.values else other
        values = self.values + other.values
        apart = other.mean - self.mean
        return Moments(
            values,
            self.mean + apart * other.values / values,
            self.squares + other.squares + apart**2 * self.values * other.values / values,
            min(self.min, other.min),
            max(self.max, other.max),
        )


@dataclass(frozen=True)
class Numbers:
    """What was measured of the number columns over the rows that meet one condition."""

    rows: int
    has_gaps: bool
    columns: Mapping[str, NumberStatistics]
    """Empty where only gaps were asked for."""


_Cells = Mapping[str, tuple[int, tuple[Moments, ...]]]
"""Group → its rows, and the moments of each column."""


def finite(column: str) -> Column:
    """A column as a double; NaN and infinity count as missing."""
    number = F.col(f"`{column}`").cast("double")
    return F.when(~F.isnan(number) & (F.abs(number) != float("inf")), number)


def number_statistics(
    rows: DataFrame, columns: Sequence[str], group: str, conditions: int, detail: Detail
) -> tuple[Numbers, ...]:
    """What is asked for of the columns, over the rows that meet each condition.

    `group` is a column that tells by a text of 0 and 1 which conditions a row meets. One job for the gaps or
    the moments of every `COLUMNS_AT_ONCE` columns, and one for their percentiles where any are measured.
    """
    if detail == "gaps":
        return _gaps(rows, columns, group, conditions)
    cells = _joined([_moments(rows, part, group) for part in _parts(columns) or [()]])
    counts = tuple(
        sum(count for met, (count, _) in cells.items() if met[place] == "1") for place in range(conditions)
    )
    everything = sum(count for count, _ in cells.values())
    asked = [
        name
        for place, name in enumerate(columns)
        if detail == "all" or sum(moments[place].values for _, moments in cells.values()) < everything
    ]
    quartiles: dict[tuple[int, str], Sequence[float]] = {}
    for part in _parts(asked):
        quartiles |= _percentiles(rows, part, group, conditions)
    found = []
    for condition in range(conditions):
        merged = [
            reduce(
                Moments.__add__,
                (moments[place] for met, (_, moments) in cells.items() if met[condition] == "1"),
                Moments(),
            )
            for place in range(len(columns))
        ]
        statistics = {
            name: _statistics(moments, counts[condition], quartiles.get((condition, name)))
            for name, moments in zip(columns, merged, strict=True)
        }
        has_gaps = any(number.missing for number in statistics.values())
        found.append(Numbers(counts[condition], has_gaps, statistics))
    return tuple(found)


def _gaps(rows: DataFrame, columns: Sequence[str], group: str, conditions: int) -> tuple[Numbers, ...]:
    """Rows, and whether any column has a gap in them: in a fraction of the time that moments take."""
    rows_of: dict[str, int] = {}
    with_gaps: set[str] = set()
    for part in _parts(columns) or [()]:
        gap = F.exists(F.array(*map(finite, part)), F.isnull) if part else F.lit(False)
        for row in (
            rows.groupBy(group).agg(F.count(F.lit(1)).alias("rows"), F.bool_or(gap).alias("gap")).collect()
        ):
            rows_of[row[group]] = row["rows"]
            if row["gap"]:
                with_gaps.add(row[group])
    meeting = [[text for text in rows_of if text[place] == "1"] for place in range(conditions)]
    return tuple(
        Numbers(sum(rows_of[text] for text in texts), not with_gaps.isdisjoint(texts), {})
        for texts in meeting
    )


def _parts(columns: Sequence[str]) -> list[Sequence[str]]:
    return [columns[start : start + COLUMNS_AT_ONCE] for start in range(0, len(columns), COLUMNS_AT_ONCE)]


def _joined(parts: Sequence[_Cells]) -> _Cells:
    """Cells of the same groups, their columns behind each other, in the order in which they are added up."""
    first = parts[0]
    return {
        met: (first[met][0], tuple(moments for part in parts for moments in part[met][1]))
        for met in sorted(first)
    }


def _moments(rows: DataFrame, columns: Sequence[str], group: str) -> _Cells:
    """Rows and moments by group: as many rows reach the driver as there are groups, times columns.

    A value is a row here: one small aggregation over many rows is compiled, and quick; five functions for
    each of hundreds of columns are more than Java compiles.
    """
    if not columns:
        return {row[group]: (row["count"], ()) for row in rows.groupBy(group).count().collect()}
    cells = F.posexplode(F.array(*map(finite, columns))).alias("place", "value")
    value = F.col("value")
    found: dict[str, list[Any]] = {}
    for row in (
        rows.select(group, cells)
        .groupBy(group, "place")
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.count(value).alias("values"),
            F.avg(value).alias("mean"),
            (F.var_pop(value) * F.count(value)).alias("squares"),
            F.min(value).alias("min"),
            F.max(value).alias("max"),
        )
        .collect()
    ):
        found.setdefault(row[group], []).append(row)
    return {
        met: (of_group[0]["rows"], tuple(map(_moments_of, sorted(of_group, key=lambda row: row["place"]))))
        for met, of_group in found.items()
    }


def _moments_of(row: Row) -> Moments:
    if not row["values"]:
        return Moments()
    return Moments(row["values"], row["mean"], row["squares"], row["min"], row["max"])


def _percentiles(
    rows: DataFrame, columns: Sequence[str], group: str, conditions: int
) -> dict[tuple[int, str], Sequence[float]]:
    """(condition, column) → the quartiles; empty where a column has no value."""
    values = rows.select(group, *[finite(name).alias(f"v{place}") for place, name in enumerate(columns)])
    parts = [
        F.percentile_approx(
            F.when(F.substring(group, condition + 1, 1) == "1", F.col(f"v{place}")),
            list(_PERCENTILES),
            _PERCENTILE_ACCURACY,
        ).alias(f"p{condition}_{place}")
        for condition in range(conditions)
        for place in range(len(columns))
    ]
    found = values.agg(*parts).first()
    assert found is not None  # an aggregation without groups has one row
    return {
        (condition, name): found[f"p{condition}_{place}"]
        for condition in range(conditions)
        for place, name in enumerate(columns)
        if found[f"p{condition}_{place}"] is not None
    }


def _statistics(moments: Moments, rows: int, percentiles: Sequence[float] | None) -> NumberStatistics:
    none = NumberStatistics(rows, rows, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    if not moments.values:
        return none
    q25, median, q75 = percentiles or (moments.mean,) * 3
    return replace(
        none,
        missing=rows - moments.values,
        mean=moments.mean,
        std=math.sqrt(moments.squares / (moments.values - 1)) if moments.values > 1 else 0.0,
        min=moments.min,
        max=moments.max,
        q25=q25,
        median=median,
        q75=q75,
    )
