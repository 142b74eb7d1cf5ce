"""Fill and scale for one number column, as numbers that a stage can carry."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.preprocessing.number_statistics import NumberStatistics

_FILLS: Mapping[str, Callable[[NumberStatistics], float]] = {
    "median": lambda seen: seen.median,
    "mean": lambda seen: seen.mean,
    "zero": lambda _: 0.0,
}


@dataclass(frozen=True)
class Scaling:
    """(value or `fill`, minus `shift`) divided by `width`."""

    fill: float
    shift: float = 0.0
    width: float = 1.0


def scaling(seen: NumberStatistics, impute: str, scale: str) -> Scaling:
    """How one column is filled and scaled.

    Widths are those of the column after filling, as a scaler behind an imputer would find them:
    `standard` the sample standard deviation, `minmax` the range, `robust` the distance between the quartiles.
    A width of zero leaves the column unscaled.
    """
    fill = _FILLS[impute](seen)
    if scale == "none" or seen.rows == 0:
        return Scaling(fill)
    if scale == "standard":
        shift, width = _moments_after_filling(seen, fill)
    elif scale == "minmax":
        low = min(seen.min, fill) if seen.missing else seen.min
        high = max(seen.max, fill) if seen.missing else seen.max
        shift, width = low, high - low
    else:
        shift, width = seen.median, seen.q75 - seen.q25
    return Scaling(fill, shift, width if width > 0 and math.isfinite(width) else 1.0)


def _moments_after_filling(seen: NumberStatistics, fill: float) -> tuple[float, float]:
    """Mean and sample standard deviation once `missing` rows hold `fill`.

    Sums of squares of two groups are joined as in Chan, Golub and LeVeque, Am. Statistician 37(3), 1983.
    """
    values = seen.rows - seen.missing
    mean = (values * seen.mean + seen.missing * fill) / seen.rows
    squares = max(values - 1, 0) * seen.std**2
    squares += values * (seen.mean - mean) ** 2 + seen.missing * (fill - mean) ** 2
    return mean, math.sqrt(squares / (seen.rows - 1)) if seen.rows > 1 else 0.0
