"""Logistic regression of rows at hand: the optimum that Spark's LogisticRegression heads for. No Spark here.

It travels to the workers by value, which need numpy and scipy, but not us. So it imports nothing else of this
project but `split_matrix`, which travels with it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg, optimize

from pipeline.learners.split_matrix import Floats, SplitMatrix

_FILLED = 400
"""With more filled columns the curvature is estimated from fewer rows: it steers steps, not their end."""
_MOST_CURVATURE = 4096
"""Above so many columns only the diagonal of the curvature is kept."""
_STEPS = 500
# In the variables of the steps, whose curvature is about 1, the gradient is about how far off they are.
_GRADIENT = 1e-8
# Steps end earlier where doubles do not tell values of the objective apart. Up to here that is the optimum.
_NEAR = 1e-5
# Below this share of its mean square a column's variance is rounding: the column is constant.
_CONSTANT = 1e-11


@dataclass(frozen=True)
class Softmax:
    """A fitted model: of two classes one column of coefficients, of more one for each."""

    coefficients: Floats
    """One row per feature, in the feature's own unit."""
    intercepts: Floats

    def margins(self, rows: SplitMatrix) -> Floats:
        """One row per row."""
        return rows.dot(self.coefficients) + self.intercepts

    def probability(self, rows: SplitMatrix) -> Floats:
        """One column per class."""
        margins = self.margins(rows)
        if margins.shape[1] == 1:
            margins = np.column_stack([np.zeros(len(margins)), margins[:, 0]])
        return _shares(margins)[0]


@dataclass(frozen=True)
class Examples:
    """What is learned from; every class has a row of weight above 0."""

    rows: SplitMatrix
    label: npt.NDArray[np.intp]
    """Class indices."""
    weight: Floats
    """They add up to 1."""
    classes: int
    spread: Floats
    """The sample standard deviation of each column, 0 where it is constant."""
    squares: Floats
    """The weighted mean of each column's squares."""
    products: Floats | None
    """sum(weight · v · vᵀ) of some rows, v being the features and 1; None with too many columns."""


def examples(rows: SplitMatrix, label: Floats, weight: Floats | None, classes: int) -> Examples | None:
    """The rows as a fit reads them; None where a class has no weight: nothing would bound its intercept."""
    place = label.astype(np.intp)
    own = np.ones(len(place)) if weight is None else weight
    total = own.sum()
    if total <= 0 or not np.bincount(place, own, classes).all():
        return None
    sums, squares = rows.moments(own / total)
    variance = squares - sums**2
    variance[variance <= _CONSTANT * squares] = 0.0
    unbiased = total / (total - (own @ own) / total) if total > own.max() else 0.0
    spread = np.sqrt(variance * unbiased)
    return Examples(rows, place, own / total, classes, spread, squares, _products(rows, own / total))


def _products(rows: SplitMatrix, weight: Floats) -> Floats | None:
    count, width = rows.shape
    if width > _MOST_CURVATURE:
        return None
    taken = count if rows.filled <= _FILLED else count * _FILLED // rows.filled
    some, own = rows.between(0, taken), weight[:taken]
    found = np.empty((width + 1, width + 1))
    found[:-1, :-1] = some.products(own)
    found[-1, :-1] = found[:-1, -1] = some.transposed_dot(own)
    found[-1, -1] = own.sum()
    return found


def fit_softmax(
    given: Examples, reg_param: float, *, fit_intercept: bool = True, standardization: bool = True
) -> Softmax | None:
    """The optimum of Spark's objective with elasticNetParam 0; None where no step leads nearer to one.

    The objective is the weighted mean of the log loss, plus `reg_param` · half the sum of squares of the
    coefficients, with `standardization` those of features of unit spread. Constant features get 0, intercepts
    are not penalised. With more than two classes every class has coefficients, and the penalty, above 0,
    tells apart the solutions that predict the same.
    """
    objective = _Objective(given, reg_param, fit_intercept, standardization)
    found = optimize.minimize(
        objective.value,
        objective.start(),
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": _STEPS,
            "maxfun": 2 * _STEPS,
            "maxcor": 20,
            "maxls": 10,
            "ftol": 1e-15,
            "gtol": _GRADIENT,
        },
    )
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > _NEAR:
        return None
    return objective.model(found.x)


class _Objective:
    """The objective over variables in which its curvature is about the same in every direction."""

    def __init__(self, given: Examples, reg_param: float, fit_intercept: bool, standardization: bool) -> None:
        self._given, self._reg_param, self._fit_intercept = given, reg_param, fit_intercept
        self._columns = 1 if given.classes == 2 else given.classes
        varies = given.spread > 0
        unit = given.spread if standardization else np.ones(len(varies))
        self._scale = np.where(varies, 1 / np.where(varies, unit, 1.0), 0.0)
        self._prior = np.bincount(given.label, given.weight, given.classes)
        self._factor: Floats = self._curvature()

    def start(self) -> Floats:
        """No coefficients, and intercepts that give every class its share."""
        logs = np.log(self._prior)
        variables = np.zeros((len(self._scale) + 1, self._columns))
        if self._fit_intercept:
            variables[-1] = logs[1] - logs[0] if self._columns == 1 else logs - logs.mean()
        return self._to_steps(variables).ravel()

    def model(self, steps: Floats) -> Softmax:
        """The coefficients at some place, in the features' own units."""
        variables = self._from_steps(steps)
        intercepts = variables[-1]
        if self._columns > 1:  # whatever is added to all of them predicts the same; Spark's add up to 0 too
            intercepts = intercepts - intercepts.mean()
        return Softmax(variables[:-1] * self._scale[:, None], intercepts)

    def value(self, steps: Floats) -> tuple[float, Floats]:
        """The objective and its gradient."""
        variables = self._from_steps(steps)
        margins = self._given.rows.dot(variables[:-1] * self._scale[:, None]) + variables[-1]
        loss, off = self._binary(margins) if self._columns == 1 else self._multinomial(margins)
        gradient = np.empty_like(variables)
        gradient[:-1] = self._given.rows.transposed_dot(off) * self._scale[:, None]
        gradient[:-1] += self._reg_param * variables[:-1]
        gradient[-1] = off.sum(axis=0) if self._fit_intercept else 0.0
        loss += self._reg_param / 2 * float((variables[:-1] ** 2).sum())
        return loss, self._gradient_to_steps(gradient).ravel()

    def _binary(self, margins: Floats) -> tuple[float, Floats]:
        """The weighted mean loss, and weight · (probability - label)."""
        given, margin = self._given, margins[:, 0]
        small = np.exp(-np.abs(margin))
        is_one = given.label == 1
        loss = np.log1p(small) + np.maximum(margin, 0) - np.where(is_one, margin, 0.0)
        share = np.where(margin >= 0, 1.0, small) / (1.0 + small)
        return float(given.weight @ loss), (given.weight * (share - is_one))[:, None]

    def _multinomial(self, margins: Floats) -> tuple[float, Floats]:
        given, at = self._given, np.arange(len(margins))
        shares, logs = _shares(margins)
        loss = given.weight @ (logs - margins[at, given.label])
        shares[at, given.label] -= 1.0
        shares *= given.weight[:, None]
        return float(loss), shares

    def _curvature(self) -> Floats:
        """The Cholesky factor of the objective's curvature at the start, or the roots of its diagonal."""
        given, width = self._given, len(self._scale)
        near = float((self._prior * (1 - self._prior)).mean())
        diagonal = np.append(near * given.squares * self._scale**2 + self._reg_param, near)
        # What is constant has no curvature; what rounding took away is given back.
        diagonal = np.where(diagonal > 0, diagonal * (1 + 1e-10), 1.0)
        if given.products is None:
            roots: Floats = np.sqrt(diagonal)
            return roots
        scale = np.append(self._scale, 1.0 if self._fit_intercept else 0.0)
        curvature = near * given.products * np.outer(scale, scale)
        # Nothing is lower here than what some of the rows say: so it stays positive.
        curvature[np.diag_indices(width + 1)] = diagonal
        factor: Floats = linalg.cholesky(curvature, lower=True)
        return factor

    def _from_steps(self, steps: Floats) -> Floats:
        given = steps.reshape(len(self._scale) + 1, self._columns)
        if self._factor.ndim == 1:
            return given / self._factor[:, None]
        solved: Floats = linalg.solve_triangular(
            self._factor, given, lower=True, trans="T", check_finite=False
        )
        return solved

    def _to_steps(self, variables: Floats) -> Floats:
        if self._factor.ndim == 1:
            return variables * self._factor[:, None]
        found: Floats = self._factor.T @ variables
        return found

    def _gradient_to_steps(self, gradient: Floats) -> Floats:
        if self._factor.ndim == 1:
            return gradient / self._factor[:, None]
        solved: Floats = linalg.solve_triangular(self._factor, gradient, lower=True, check_finite=False)
        return solved


def _shares(margins: Floats) -> tuple[Floats, Floats]:
    """Each row's probabilities, and the logarithm of the sum of exp(margin)."""
    highest = margins.max(axis=1)
    shares = np.exp(margins - highest[:, None])
    total = shares.sum(axis=1)
    shares /= total[:, None]
    return shares, np.log(total) + highest
