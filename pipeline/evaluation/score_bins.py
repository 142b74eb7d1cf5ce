"""Bins of a score that stay fine where scores crowd: near 0, near 1, and near a margin of 0.

A probability is binned by its log-odds, so that 0.999 and 0.9999, or 0.001 and 0.0001, fall far apart; a
margin by the logarithm of its size. 0 and 1 have bins of their own.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

FINEST = 256
"""Bins per unit of log-odds with few classes: within one, odds differ by at most 0.4 %."""
COARSEST = 32
"""With very many classes: 3 %."""
BUDGET = 400_000
"""Bins of all classes of one prediction together, unless COARSEST needs more."""

# A double below 1 has log-odds of at most 36.8. Down to the smallest double, -745, bins are 32 times as wide.
_REACH = 37
_TAIL = 32
_PER_CLASS = 2 * _REACH + 709 // _TAIL + 2


def bins_per_unit(classes: int) -> int:
    """Bins per unit of log-odds. A class has at most 98 times as many: 25,088 for up to 15 classes."""
    fit = BUDGET // (_PER_CLASS * classes)
    return max(COARSEST, min(FINEST, fit - fit % _TAIL))


def probability_bin(probability: Column, per_unit: int) -> Column:
    """The bin's number, a double that grows with the probability."""
    odds = F.ln(probability) - F.log1p(-probability)
    edge = -_REACH * per_unit
    return (
        F.when(probability <= 0, F.lit(-1e9))
        .when(probability >= 1, F.lit(1e9))
        .when(odds < -_REACH, F.floor((odds + _REACH) * (per_unit / _TAIL)) + edge)
        .otherwise(F.floor(odds * per_unit))
        .cast("double")
    )


def margin_bin(margin: Column, per_unit: int) -> Column:
    """The bin's number, a double that grows with the margin; sizes beyond e⁻³⁷ … e³⁷ share the last bins."""
    half = per_unit // 2
    size = F.greatest(F.lit(-_REACH), F.least(F.lit(_REACH), F.ln(F.abs(margin))))
    away = F.floor(size * half) + _REACH * half + 1
    return F.when(margin == 0, F.lit(0.0)).otherwise(F.signum(margin) * away).cast("double")
