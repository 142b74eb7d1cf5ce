"""What the fitted stages need to know of some training rows: two jobs, whatever the number of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from pipeline.preprocessing.roles import Roles

# More categories than this in one column are not told apart: the most frequent ones keep their own code.
CATEGORY_BOUND = 10_000
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
class Statistics:
    """All that is fitted before a learner, for one set of training rows."""

    rows: int
    numbers: Mapping[str, NumberStatistics]
    categories: Mapping[str, tuple[str, ...]]
    """Column → its categories, the most frequent first, ties in the order of their text."""


def finite(column: str) -> Column:
    """A column as a double; NaN and infinity count as missing."""
    number = F.col(f"`{column}`").cast("double")
    return F.when(~F.isnan(number) & (F.abs(number) != float("inf")), number)


def measure(rows: DataFrame, roles: Roles) -> Statistics:
    """Statistics of every input column over `rows`: one job for the numbers, one for the categories."""
    numbers, count = _numbers(rows, roles.numeric)
    return Statistics(count, numbers, _categories(rows, roles.categorical))


def _numbers(rows: DataFrame, columns: Sequence[str]) -> tuple[dict[str, NumberStatistics], int]:
    parts = [F.count(F.lit(1)).alias("rows")]
    # Cleaned once, before the aggregation: six functions read each value.
    values = rows.select(*[finite(name).alias(f"v{place}") for place, name in enumerate(columns)])
    for place in range(len(columns)):
        value = F.col(f"v{place}")
        parts.append(
            F.struct(
                F.count(value).alias("values"),
                F.avg(value).alias("mean"),
                F.stddev_samp(value).alias("std"),
                F.min(value).alias("min"),
                F.max(value).alias("max"),
                F.percentile_approx(value, list(_PERCENTILES), _PERCENTILE_ACCURACY).alias("percentiles"),
            ).alias(f"c{place}")
        )
    found = values.agg(*parts).first()
    assert found is not None  # an aggregation without groups has one row
    count = found["rows"]
    return {name: _number(found[f"c{place}"].asDict(), count) for place, name in enumerate(columns)}, count


def _number(facts: Mapping[str, object], rows: int) -> NumberStatistics:
    def value(name: str) -> float:
        found = facts[name]
        return float(found) if isinstance(found, (int, float)) else 0.0

    percentiles = facts["percentiles"]
    q25, median, q75 = percentiles if isinstance(percentiles, list) else (0.0, 0.0, 0.0)
    return NumberStatistics(
        rows=rows,
        missing=rows - int(value("values")),
        mean=value("mean"),
        std=value("std"),
        min=value("min"),
        max=value("max"),
        q25=q25,
        median=median,
        q75=q75,
    )


def _categories(rows: DataFrame, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    if not columns:
        return {}
    cells = F.array(
        *[
            F.struct(F.lit(place).alias("place"), F.col(f"`{name}`").cast("string").alias("value"))
            for place, name in enumerate(columns)
        ]
    )
    counts = (
        rows.select(F.explode(cells).alias("cell"))
        .select("cell.place", "cell.value")
        .where(F.col("value").isNotNull())
        .groupBy("place", "value")
        .count()
    )
    frequent_first = Window.partitionBy("place").orderBy(F.desc("count"), F.asc("value"))
    bounded = counts.withColumn("rank", F.row_number().over(frequent_first)).where(
        F.col("rank") <= CATEGORY_BOUND
    )
    # At most CATEGORY_BOUND rows a column, whatever the number of rows.
    found = (
        bounded.groupBy("place")
        .agg(F.sort_array(F.collect_list(F.struct("rank", "value"))).alias("categories"))
        .collect()
    )
    by_place = {row["place"]: tuple(item["value"] for item in row["categories"]) for row in found}
    return {name: by_place.get(place, ()) for place, name in enumerate(columns)}
