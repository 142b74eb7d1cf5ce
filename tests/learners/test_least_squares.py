"""Every penalty from one matrix of sums, beside Spark's own fits of the same rows."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.learners.least_squares import Line, Penalty, ridge_path

RANDOM = np.random.default_rng(7)
ROWS = 400
NUMBERS = RANDOM.normal([0.0, 5.0, -2.0], [1.0, 3.0, 0.01], (ROWS, 3))
TOWNS = np.eye(4)[RANDOM.integers(0, 4, ROWS)]
LABEL = NUMBERS @ [3.0, -0.5, 200.0] + TOWNS @ [1.0, 2.0, 3.0, 4.0] + RANDOM.normal(0, 0.5, ROWS)
WEIGHT = RANDOM.integers(0, 4, ROWS).astype(float)


def sums(features: np.ndarray, label: np.ndarray = LABEL, weight: np.ndarray | float = 1.0) -> np.ndarray:
    rows = np.column_stack([features, label, np.ones(len(label))])
    return (rows.T * weight) @ rows


def test_without_penalty_it_is_least_squares() -> None:
    (line,) = ridge_path(sums(NUMBERS), [Penalty(0.0)])
    expected, *_ = np.linalg.lstsq(np.column_stack([NUMBERS, np.ones(ROWS)]), LABEL, rcond=None)
    assert line is not None
    assert [*line.coefficients, line.intercept] == pytest.approx(expected, rel=1e-8)


def test_equal_columns_share_under_a_penalty_and_are_singular_without() -> None:
    twice = np.column_stack([NUMBERS[:, 0], NUMBERS[:, 0]])
    with_penalty, without = ridge_path(sums(twice), [Penalty(0.1), Penalty(0.0)])
    assert with_penalty is not None
    assert with_penalty.coefficients[0] == pytest.approx(with_penalty.coefficients[1])
    assert without is None


@pytest.mark.parametrize("penalty", [1e-6, 1e-9])
def test_all_categories_under_a_tiny_penalty_have_one_solution(penalty: float) -> None:
    """With an intercept the categories make up a constant: the equations alone are singular."""
    features = np.column_stack([NUMBERS, TOWNS])
    line, without = ridge_path(
        sums(features), [Penalty(penalty, standardization=False), Penalty(0.0, standardization=False)]
    )
    rows = features - features.mean(axis=0)
    as_rows = np.sqrt(ROWS * penalty / LABEL.std()) * np.eye(7)
    expected, *_ = np.linalg.lstsq(
        np.vstack([rows, as_rows]), np.append(LABEL - LABEL.mean(), np.zeros(7)), rcond=1e-9
    )
    assert line is not None
    assert line.coefficients == pytest.approx(expected, rel=1e-6)
    assert line.coefficients[3:].sum() == pytest.approx(0.0, abs=1e-6)
    assert without is None


def test_columns_that_nearly_make_up_each_other_are_left_to_spark() -> None:
    nearly = np.column_stack([NUMBERS[:, 0], NUMBERS[:, 0] + 1e-6 * RANDOM.normal(0, 1, ROWS)])
    assert ridge_path(sums(nearly), [Penalty(1e-15)]) == [None]


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, 1e6])
def test_a_constant_column_has_no_coefficient(constant: float) -> None:
    wide = np.column_stack([NUMBERS, np.full(ROWS, constant)])
    alone, beside = (ridge_path(sums(features), [Penalty(0.1)])[0] for features in (NUMBERS, wide))
    assert alone is not None
    assert beside is not None
    assert beside.coefficients == pytest.approx([*alone.coefficients, 0.0], rel=1e-6)
    assert beside.intercept == pytest.approx(alone.intercept)


def test_a_constant_label_is_the_intercept() -> None:
    same = np.full(ROWS, 3.0)
    with_intercept, without = ridge_path(sums(NUMBERS, same), [Penalty(0.1), Penalty(0.1, False)])
    assert with_intercept is not None
    assert with_intercept.intercept == pytest.approx(3.0)
    assert not with_intercept.coefficients.any()
    assert without is None


def test_sums_of_nothing_or_of_gaps_are_left_to_spark() -> None:
    gap = sums(NUMBERS)
    gap[0, 0] = np.nan
    assert ridge_path(np.zeros((5, 5)), [Penalty(0.1)]) == [None]
    assert ridge_path(gap, [Penalty(0.1), Penalty(1.0)]) == [None, None]


def test_a_line_of_no_feature() -> None:
    (line,) = ridge_path(sums(np.empty((ROWS, 0))), [Penalty(0.1)])
    assert isinstance(line, Line)
    assert line.intercept == pytest.approx(LABEL.mean())
