"""How predictions of a number lie beside the actual ones: bounded counts, for pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from pipeline.errors import DataRefused

BINS = 60
"""Along each axis, whatever the rows."""

# Most rows lie between these shares; a few far out would otherwise squeeze them into one bin.
_LOW, _HIGH = 0.005, 0.995
_MARGIN = 0.5  # of the width between them, on each side
_ACCURACY = 1_000


@dataclass(frozen=True)
class Residuals:
    """Counts of rows by actual and predicted value, and by residual (actual - predicted), BINS of each.

    The first and the last bin also hold what lies beyond.
    """

    low: float
    high: float
    """The range of both actual and predicted, in the label's unit."""
    counts: tuple[tuple[int, ...], ...]
    """By actual (outer) and predicted (inner), each ascending."""
    error_low: float
    error_high: float
    errors: tuple[int, ...]
    """By residual, ascending."""
    rows: int
    missing: int
    """Rows left out: predictions that are null or NaN."""


def residuals(rows: DataFrame, prediction: str | Column, label: str) -> Residuals:
    """The residuals of the rows that have a label, from two aggregations: the ranges, then the counts.

    Raises DataRefused when no row has both a label and a prediction.
    """
    predicted = (F.col(prediction) if isinstance(prediction, str) else prediction).cast("double")
    both = rows.select(F.col(label).cast("double").alias("actual"), predicted.alias("predicted"))
    both = both.where(_is_number("actual")).withColumn("error", F.col("actual") - F.col("predicted"))
    is_usable = _is_number("predicted")
    measured = [F.sum(F.when(is_usable, 0).otherwise(1)).alias("missing")]
    for name in ("actual", "predicted", "error"):
        value = F.when(is_usable, F.col(name))
        shares = F.percentile_approx(value, [_LOW, _HIGH], _ACCURACY)
        measured.append(F.struct(F.min(value), F.max(value), shares).alias(name))
    found = both.agg(*measured).first()
    if found is None or found["actual"][0] is None:
        raise DataRefused(
            f"evaluation: no row has both a value in the label '{label}' and a prediction; "
            "there are no residuals."
        )
    low, high = zip(_range(found["actual"]), _range(found["predicted"]), strict=True)
    values, errors = (min(low), max(high)), _range(found["error"])
    counted = both.where(is_usable).select(
        F.explode(
            F.array(
                _cell(0, _bin("actual", *values) * BINS + _bin("predicted", *values)),
                _cell(1, _bin("error", *errors)),
            )
        ).alias("cell")
    )
    return _residuals(counted.groupBy("cell").count().collect(), values, errors, int(found["missing"]))


def _is_number(name: str) -> Column:
    value = F.col(name)
    return value.isNotNull() & ~F.isnan(value) & (F.abs(value) < math.inf)


def _range(found: Row) -> tuple[float, float]:
    """Where most values lie with some room, at most from the smallest to the largest; never empty."""
    smallest, largest, (low, high) = found
    room = _MARGIN * (high - low)
    low, high = max(smallest, low - room), min(largest, high + room)
    if high > low:
        return low, high
    wide = max(abs(low), 1.0) / 2
    return low - wide, high + wide


def _bin(name: str, low: float, high: float) -> Column:
    # Halves: the width of a range of doubles can be more than a double holds.
    width = (high / 2 - low / 2) / BINS
    place = F.floor((F.col(name) / 2 - low / 2) / width)
    return F.greatest(F.lit(0), F.least(F.lit(BINS - 1), place))


def _cell(kind: int, place: Column) -> Column:
    return F.struct(F.lit(kind).alias("kind"), place.cast("int").alias("place"))


def _residuals(
    cells: list[Row], values: tuple[float, float], errors: tuple[float, float], missing: int
) -> Residuals:
    counts, shape = np.zeros(BINS * BINS, np.int64), np.zeros(BINS, np.int64)
    for (kind, place), rows in cells:
        (shape if kind else counts)[place] = rows
    table = counts.reshape(BINS, BINS).tolist()
    return Residuals(
        *values,
        tuple(map(tuple, table)),
        *errors,
        tuple(shape.tolist()),
        rows=int(shape.sum()),
        missing=missing,
    )
