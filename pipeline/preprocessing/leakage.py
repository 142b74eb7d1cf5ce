"""Columns that alone predict the label nearly perfectly: filled, more often than not, after it was known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from pipeline.config.features import Features
from pipeline.config.task import Task
from pipeline.errors import DataRefused
from pipeline.preprocessing.number_statistics import finite
from pipeline.preprocessing.role import Roles

FEWEST_ROWS = 50
"""With fewer rows nothing is judged."""
FEWEST_IN_GROUP = 5
"""A smaller group tells nothing by itself: a column of many values would look like a leak by accident."""
CORRELATION = 0.999
EXPLAINED = 0.999
FOLLOWS = 0.99
"""The share of every class's rows that a leak tells."""
CODES_BELOW = 1_000
"""Whole numbers up to here may be codes, so each is looked at as a group too."""

_MIDDLE = (0.01, 0.99)
_ACCURACY = 1_000
_ALL = -1  # the place of a row about the label itself


@dataclass(frozen=True)
class Leak:
    """One column, and how well it predicts the label by itself."""

    column: str
    how: str


def check_leaks(rows: DataFrame, roles: Roles, features: Features, task: Task, label: str) -> tuple[str, ...]:
    """A sentence for each likely leak among the features of `rows`, as `features.leakage` wants it.

    `label` names a column of doubles: a number, or the place of a class. Raises DataRefused when leaks shall
    fail.
    """
    if features.leakage == "ignore":
        return ()
    found = find_leaks(rows, roles, task, label)
    if found and features.leakage == "fail":
        names = ", ".join(leak.column for leak in found)
        known = "; ".join(f"'{leak.column}': {leak.how}" for leak in found)
        raise DataRefused(
            f"train: a single column predicts '{features.label}' nearly perfectly ({known}). If it is filled "
            f"after the label is known, write features.exclude: [{names}]; if not, features.leakage: ignore."
        )
    return tuple(
        f"'{leak.column}' alone predicts '{features.label}' nearly perfectly ({leak.how}). If it is filled "
        f"after the label is known, write features.exclude: [{leak.column}]."
        for leak in found
    )


def find_leaks(rows: DataFrame, roles: Roles, task: Task, label: str) -> tuple[Leak, ...]:
    """The likely leaks among the features, in their order, from one job over labelled `rows`.

    `label` names a column of doubles. What comes back to the driver is a few rows per column and class.
    """
    names = roles.inputs
    judged = _numbers_leak if task == "regression" else _classes_leak
    return tuple(Leak(name, how) for name, how in zip(names, judged(rows, roles, label), strict=True) if how)


def _numbers_leak(rows: DataFrame, roles: Roles, label: str) -> list[str]:
    """For each feature how it tells a number; empty where it does not."""
    y = F.col(label)
    variance = F.var_pop(y)
    parts = [_fact(_ALL, F.count(y), variance)]
    for place, name in enumerate(roles.inputs):
        if name in roles.numeric:
            parts.append(_fact(place, F.count(F.when(y.isNotNull(), finite(name))), F.corr(finite(name), y)))
    whole = rows.agg(F.array(*parts).alias("facts")).select(F.inline("facts"))
    groups = (
        _cells(rows, roles, label)
        .groupBy("place", "value")
        .agg(F.count("label").alias("rows"), F.var_pop("label").alias("variance"))
    )
    within = (
        groups.where(F.col("rows") >= FEWEST_IN_GROUP)
        .groupBy("place")
        .agg(F.sum("rows").alias("rows"), F.sum(F.col("rows") * F.col("variance")).alias("within"))
        .selectExpr("place", "CAST(NULL AS DOUBLE) AS label", "rows", "CAST(NULL AS DOUBLE) AS low", "within")
    )
    found = whole.union(within).collect()  # at most two rows a column
    (total,) = [row for row in found if row.place == _ALL]
    how = [""] * len(roles.inputs)
    if total.rows < FEWEST_ROWS or not total.low:
        return how
    for row in found:
        if row.place == _ALL:
            continue
        if row.high is None:
            if row.rows >= FEWEST_ROWS and row.low is not None and abs(row.low) >= CORRELATION:
                how[row.place] = f"their correlation is {row.low:.4f}"
        else:
            outside = (total.rows - row.rows) * total.low
            explained = 1 - (row.high + outside) / (total.rows * total.low)
            if explained >= EXPLAINED:
                how[row.place] = how[row.place] or f"its groups explain {explained:.2%} of the variance"
    return how


def _classes_leak(rows: DataFrame, roles: Roles, label: str) -> list[str]:
    """For each feature how it tells the class; empty where it does not."""
    parts = [_fact(_ALL, F.count(F.lit(1)))]
    for place, name in enumerate(roles.inputs):
        if name in roles.numeric:
            middle = F.percentile_approx(finite(name), list(_MIDDLE), _ACCURACY)
            parts.append(_fact(place, F.count(finite(name)), middle[0], middle[1]))
    whole = (
        rows.groupBy(F.col(label).alias("label"))
        .agg(F.array(*parts).alias("facts"))
        .select(F.col("label").alias("class"), F.inline("facts"))
        .selectExpr("place", "class AS label", "rows", "low", "high")
    )
    in_group = F.sum("rows").over(Window.partitionBy("place", "value"))
    counts = (
        _cells(rows, roles, label)
        .groupBy("place", "value", "label")
        .agg(F.count(F.lit(1)).alias("rows"))
        .select("place", "label", "rows", "value", (in_group < FEWEST_IN_GROUP).alias("is_rare"))
        .groupBy("place", F.when(~F.col("is_rare"), F.col("value")).alias("value"), "is_rare", "label")
        .agg(F.sum("rows").alias("rows"))
    )
    groups = counts.groupBy("place", "value", "is_rare").agg(
        F.sum("rows").alias("all"), F.max(F.struct("rows", "label")).alias("most")
    )
    caught = (
        groups.where(F.col("all") >= FEWEST_IN_GROUP)
        .groupBy("place", F.col("most.label").alias("label"))
        .agg(F.sum("most.rows").alias("rows"))
        .selectExpr("place", "label", "rows", "CAST(NULL AS DOUBLE) AS low", "double('NaN') AS high")
    )
    found = whole.union(caught).collect()  # at most two rows a column and class
    classes = {row.label: row.rows for row in found if row.place == _ALL and row.label is not None}
    if sum(classes.values()) < FEWEST_ROWS or len(classes) < 2:
        return [""] * len(roles.inputs)
    by_place: dict[int, list[Row]] = {}
    for row in found:
        by_place.setdefault(row.place, []).append(row)
    return [_tells_class(by_place.get(place, []), classes) for place in range(len(roles.inputs))]


def _tells_class(facts: Sequence[Row], classes: dict[float, int]) -> str:
    ranges = [row for row in facts if row.high == row.high]
    if _lie_apart([row for row in ranges if row.low is not None and row.rows >= FEWEST_IN_GROUP], ranges):
        return "the classes lie apart in it"
    caught = {row.label: row.rows for row in facts if row.high != row.high}
    judged = {label: count for label, count in classes.items() if count >= FEWEST_IN_GROUP}
    if len(judged) < 2:
        return ""
    worst = min(caught.get(label, 0) / count for label, count in judged.items())
    return f"its groups tell at least {worst:.1%} of every class" if worst >= FOLLOWS else ""


def _lie_apart(judged: Sequence[Row], ranges: Sequence[Row]) -> bool:
    """Whether no two classes' ranges touch, and the classes too small to judge are next to nothing."""
    if len(judged) < 2 or sum(row.rows for row in judged) < FOLLOWS * sum(row.rows for row in ranges):
        return False
    ordered = sorted(judged, key=lambda row: (row.low, row.high))
    return all(left.high < right.low for left, right in pairwise(ordered))


def _fact(place: int, rows: Column, low: Column | None = None, high: Column | None = None) -> Column:
    nothing = F.lit(None).cast("double")
    return F.struct(
        F.lit(place).alias("place"),
        nothing.alias("label"),
        rows.alias("rows"),
        (nothing if low is None else low.cast("double")).alias("low"),
        (nothing if high is None else high.cast("double")).alias("high"),
    )


def _cells(rows: DataFrame, roles: Roles, label: str) -> DataFrame:
    """Every feature of every row as (place, value, label); the values of a number are bounded."""
    cells = [
        F.struct(F.lit(place).alias("place"), _group(name, name in roles.numeric).alias("value"))
        for place, name in enumerate(roles.inputs)
    ]
    labelled = F.col(label).alias("label")
    return rows.select(labelled, F.explode(F.array(*cells)).alias("cell")).select("cell.*", "label")


def _group(name: str, is_number: bool) -> Column:
    if not is_number:
        return F.col(f"`{name}`").cast("string")
    value = finite(name)
    is_code = (F.floor(value) == value) & (F.abs(value) < CODES_BELOW)
    return F.when(is_code, value.cast("int").cast("string")).when(value.isNotNull(), "another")
