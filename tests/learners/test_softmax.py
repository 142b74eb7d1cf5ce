"""Logistic regression of rows at hand, beside scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from pipeline.learners.softmax import examples, fit_softmax
from pipeline.learners.split_matrix import SplitMatrix

RANDOM = np.random.default_rng(3)
ROWS = 500
FEATURES = np.column_stack(
    [
        RANDOM.normal(size=(ROWS, 2)),
        np.eye(5)[RANDOM.integers(0, 5, ROWS)],
        np.full(ROWS, 0.1),
        RANDOM.normal(size=ROWS) * (RANDOM.random(ROWS) < 0.1),
    ]
)
SCORE = FEATURES @ [1.0, -2.0, 0.5, 0.1, -0.3, 0.9, 0.0, 0.0, 1.5] + RANDOM.logistic(size=ROWS)
WEIGHT = RANDOM.integers(0, 4, ROWS).astype(float)
MATRIX = SplitMatrix(FEATURES[:, :2], sparse.csr_matrix(FEATURES[:, 2:]))
LABELS = {2: (SCORE > 0.5).astype(float), 3: np.digitize(SCORE, [-0.5, 1.0]).astype(float)}


def test_a_split_matrix_is_the_matrix() -> None:
    assert MATRIX.shape == FEATURES.shape
    right = RANDOM.normal(size=(9, 2))
    left = RANDOM.normal(size=(ROWS, 2))
    assert MATRIX.dot(right) == pytest.approx(FEATURES @ right)
    assert MATRIX.transposed_dot(left) == pytest.approx(FEATURES.T @ left)
    assert MATRIX.products(WEIGHT) == pytest.approx((FEATURES.T * WEIGHT) @ FEATURES)
    sums, squares = MATRIX.between(10, 60).moments(WEIGHT[10:60])
    assert sums == pytest.approx(WEIGHT[10:60] @ FEATURES[10:60])
    assert squares == pytest.approx(WEIGHT[10:60] @ FEATURES[10:60] ** 2)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("weight", [None, WEIGHT])
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("standardization", [True, False])
@pytest.mark.parametrize("reg_param", [1e-3])
def test_probabilities_are_those_of_scikit_learn(
    classes: int, weight: np.ndarray | None, intercept: bool, standardization: bool, reg_param: float
) -> None:
    label, own = LABELS[classes], np.ones(ROWS) if weight is None else weight
    given = examples(MATRIX, label, weight, classes)
    assert given is not None
    mean = np.average(FEATURES, axis=0, weights=own)
    variance = np.average((FEATURES - mean) ** 2, axis=0, weights=own)
    spread = np.sqrt(variance * own.sum() / (own.sum() - (own**2).sum() / own.sum()))
    assert given.spread == pytest.approx(spread, abs=1e-9)
    found = fit_softmax(given, reg_param, fit_intercept=intercept, standardization=standardization)
    assert found is not None
    assert not found.coefficients[7].any()

    kept = [place for place in range(9) if place != 7]
    plain = FEATURES[:, kept] / (spread[kept] if standardization else 1.0)
    peer = LogisticRegression(
        C=1 / (reg_param * own.sum()), fit_intercept=intercept, tol=1e-10, solver="newton-cg", max_iter=500
    )
    expected = peer.fit(plain, label, sample_weight=own).predict_proba(plain)
    assert found.probability(MATRIX) == pytest.approx(expected, abs=2e-7)


def test_a_wide_matrix_keeps_only_the_diagonal_of_the_curvature(monkeypatch: pytest.MonkeyPatch) -> None:
    given = examples(MATRIX, LABELS[3], None, 3)
    assert given is not None
    narrow = fit_softmax(given, 0.01)
    monkeypatch.setattr("pipeline.learners.softmax._MOST_CURVATURE", 5)
    wide = fit_softmax(given, 0.01)
    assert narrow is not None
    assert wide is not None
    assert wide.coefficients == pytest.approx(narrow.coefficients, abs=1e-5)


def test_a_class_without_a_row_has_no_finite_optimum() -> None:
    assert examples(MATRIX, LABELS[2], None, 3) is None
    assert examples(MATRIX, LABELS[2], np.zeros(ROWS), 2) is None
