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
# A direction whose share is no more than so many times what rounding leaves there is one without any rows,
# such as that in which all categories of a column make up a constant.
_EMPTY = 16
_DIGITS = 1e-7
"""How much of a solution rounding may move."""


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
    `standardization`, so have the features. Features that do not vary get 0. Where columns make up each
    other, as all categories of a column do, a penalty still gives one solution; without one they are
    singular. A constant label without intercept, singular equations, and sums that are not finite give None.
    """
    if not np.isfinite(sums).all() or sums[-1, -1] <= 0:
        return [None] * len(penalties)
    means = sums / sums[-1, -1]
    prepared: dict[tuple[bool, bool], _Equations] = {}
    lines = []
    for penalty in penalties:
        kind = (penalty.fitIntercept, penalty.standardization)
        if kind not in prepared:
            prepared[kind] = _Equations(means, *kind)
        lines.append(prepared[kind].line(penalty.regParam))
    return lines


class _Equations:
    """The normal equations that penalties of one kind share."""

    def __init__(self, means: Floats, fit_intercept: bool, standardization: bool) -> None:
        self._features, self._label = means[-1, :-2], float(means[-1, -2])
        self._fit_intercept = fit_intercept
        squares = np.diag(means)[:-1]
        variance = squares - means[-1, :-1] ** 2
        varies = variance > _CONSTANT * squares
        spread = np.sqrt(np.where(varies, variance, 1.0))
        self._label_varies, self._label_spread = bool(varies[-1]), float(spread[-1])
        self._kept = kept = np.flatnonzero(varies[:-1])
        self._scale = spread[kept] if standardization else np.ones(len(kept))
        left, right = means[np.ix_(kept, kept)], means[kept, -2]
        if fit_intercept:
            left = left - np.outer(self._features[kept], self._features[kept])
            right = right - self._features[kept] * self._label
        self._left = left / np.outer(self._scale, self._scale)
        self._right = right / self._scale
        self._directions: tuple[Floats, Floats] | None = None

    def line(self, penalty: float) -> Line | None:
        """The regression under one penalty; None where these equations do not tell it."""
        coefficients = np.zeros(len(self._features))
        if not self._label_varies:
            return Line(coefficients, self._label) if self._fit_intercept else None
        solved = self._solve(penalty / self._label_spread)
        if solved is None:
            return None
        coefficients[self._kept] = solved / self._scale
        intercept = self._label - float(self._features @ coefficients) if self._fit_intercept else 0.0
        return Line(coefficients, intercept)

    def _solve(self, added: float) -> Floats | None:
        right: Floats = self._right
        if not len(right):
            return right
        left = self._left.copy()
        left[np.diag_indices_from(left)] += added
        try:
            factor, lower = linalg.cho_factor(left, lower=True)
        except linalg.LinAlgError:
            return self._solve_by_directions(added)
        size = np.abs(left).sum(axis=0).max()
        reciprocal, _ = linalg.lapack.dpocon(factor, size, uplo="L")
        if reciprocal < _SINGULAR:
            return self._solve_by_directions(added)
        solution: Floats = linalg.cho_solve((factor, lower), right)
        return solution

    def _solve_by_directions(self, added: float) -> Floats | None:
        """The penalised solution where columns make up each other: nothing pulls in a direction without rows.

        None without a penalty, and where a direction is so nearly without rows that rounding would show.
        """
        if added <= 0:
            return None
        if self._directions is None:
            self._directions = linalg.eigh(self._left)
        shares, directions = self._directions
        rounding = len(shares) * np.finfo(float).eps * shares[-1]
        has_rows = shares > _EMPTY * rounding
        if rounding > _DIGITS * (shares[has_rows] + added).min(initial=np.inf):
            return None
        pulls = directions[:, has_rows].T @ self._right
        solution: Floats = directions[:, has_rows] @ (pulls / (shares[has_rows] + added))
        return solution
