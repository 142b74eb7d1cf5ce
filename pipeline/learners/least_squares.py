"""Ridge regressions from one matrix of sums: every penalty without another look at the rows. No Spark here.

It travels to the workers by value, which need numpy and scipy, but not us. So it imports nothing else of this
project.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

Floats = npt.NDArray[np.float64]

MOST_FEATURES = 4096
"""Above, Spark's LinearRegression does not take the normal equations either."""

# Below this share of its mean square a column's variance is rounding: the column is constant.
_CONSTANT = 1e-11
# Equations worse than this lose the digits in which a solution is to agree with Spark's.
_SINGULAR = 1e-10


@dataclass(frozen=True)
class Penalty:
    """How one regression is penalised, in the words of Spark's LinearRegression with elasticNetParam 0."""

    regParam: float  # noqa: N815 - a parameter's name
    fitIntercept: bool = True  # noqa: N815
    standardization: bool = True


@dataclass(frozen=True)
class Line:
    """A fitted regression: one coefficient per feature, in the feature's own unit."""

    coefficients: Floats
    intercept: float


def ridge_path(sums: Floats, penalties: Sequence[Penalty]) -> list[Line | None]:
    """The regression of each penalty; None where only an iterative solver finds one.

    `sums` is the matrix of sum(weight · v · vᵀ) over the rows, v being the features, the label and 1.

    The objective is that of Spark's LinearRegression: half the mean squared error, plus regParam / (the
    label's spread) · half the sum of squares of coefficients, where the label has unit spread and, with
    `standardization`, so have the features. Features that do not vary get 0. A constant label without
    intercept, singular equations, and sums that are not finite give None.
    """
    if not np.isfinite(sums).all() or sums[-1, -1] <= 0:
        return [None] * len(penalties)
    means = sums / sums[-1, -1]
    return [_line(means, penalty) for penalty in penalties]


def _line(means: Floats, penalty: Penalty) -> Line | None:
    features, label = means[-1, :-2], float(means[-1, -2])
    squares = np.diag(means)[:-1]
    variance = squares - means[-1, :-1] ** 2
    varies = variance > _CONSTANT * squares
    spread = np.sqrt(np.where(varies, variance, 1.0))
    coefficients = np.zeros(len(features))
    if not varies[-1]:
        return Line(coefficients, label) if penalty.fitIntercept else None
    kept = np.flatnonzero(varies[:-1])
    scale = spread[kept] if penalty.standardization else np.ones(len(kept))
    left, right = means[np.ix_(kept, kept)], means[kept, -2]
    if penalty.fitIntercept:
        left = left - np.outer(features[kept], features[kept])
        right = right - features[kept] * label
    left = left / np.outer(scale, scale)
    left[np.diag_indices_from(left)] += penalty.regParam / spread[-1]
    solved = _solve(left, right / scale)
    if solved is None:
        return None
    coefficients[kept] = solved / scale
    intercept = label - float(features @ coefficients) if penalty.fitIntercept else 0.0
    return Line(coefficients, intercept)


def _solve(left: Floats, right: Floats) -> Floats | None:
    """None where `left` is singular, or nearly so."""
    if not len(right):
        return right
    try:
        factor, lower = linalg.cho_factor(left, lower=True)
    except linalg.LinAlgError:
        return None
    size = np.abs(left).sum(axis=0).max()
    reciprocal, _ = linalg.lapack.dpocon(factor, size, uplo="L")
    if reciprocal < _SINGULAR:
        return None
    solution: Floats = linalg.cho_solve((factor, lower), right)
    return solution
