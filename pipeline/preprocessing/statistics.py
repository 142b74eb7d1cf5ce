"""What the fitted stages need to know of some training rows, for every fold from the same scans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.preprocessing.category_statistics import most_frequent
from pipeline.preprocessing.number_statistics import Detail, NumberStatistics, number_statistics
from pipeline.preprocessing.roles import Roles

_GROUP = "__group"


@dataclass(frozen=True)
class Statistics:
    """All that is fitted before a learner, for one set of training rows."""

    rows: int
    has_gaps: bool
    """Whether a number is missing, NaN or infinite in any row."""
    numbers: Mapping[str, NumberStatistics]
    """Number column → its moments and percentiles; empty where only gaps were asked for."""
    categories: Mapping[str, tuple[str, ...]]
    """Column → its categories, the most frequent first, ties in the order of their text."""


def measure(rows: DataFrame, roles: Roles) -> Statistics:
    """Statistics of every input column over `rows`: two jobs for the numbers, one for the categories."""
    (found,) = measure_each(rows, roles, ["true"], "all")
    return found


def measure_each(
    rows: DataFrame, roles: Roles, conditions: Sequence[str], detail: Detail
) -> tuple[Statistics, ...]:
    """Statistics of the rows under each SQL condition, which may overlap.

    The same jobs whatever the number of conditions: each row is counted once, with the others that meet just
    the same conditions, and a condition's statistics are merged from those counts.

    Where a column's percentiles are not asked for by `detail`, the mean stands in for them.
    """
    grouped = rows.withColumn(_GROUP, _group(conditions))
    numbers = number_statistics(grouped, roles.numeric, _GROUP, len(conditions), detail)
    categories = most_frequent(grouped, roles.categorical, _GROUP, len(conditions))
    return tuple(
        Statistics(found.rows, found.has_gaps, found.columns, of_categories)
        for found, of_categories in zip(numbers, categories, strict=True)
    )


def _group(conditions: Sequence[str]) -> Column:
    """Which conditions a row meets, as a text of one 0 or 1 for each."""
    return F.concat(*[F.expr(f"IF({condition}, '1', '0')") for condition in conditions])
