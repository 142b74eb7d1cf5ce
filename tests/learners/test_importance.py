from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.ml.linalg import DenseMatrix, DenseVector, SparseVector

from pipeline.learners.importance import importance

SLOTS = ["area", "rooms", "area", "town", "town"]


def booster(**gains: Any) -> SimpleNamespace:
    return SimpleNamespace(booster=SimpleNamespace(get_score=lambda importance_type: gains))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            SimpleNamespace(featureImportances=SparseVector(5, {0: 0.2, 2: 0.1, 4: 0.7})),
            {"town": 0.7, "area": 0.3, "rooms": 0},
        ),
        (
            SimpleNamespace(coefficients=DenseVector([-3.0, 1.0, 0.0, 2.0, -2.0])),
            {"town": 0.5, "area": 0.375, "rooms": 0.125},
        ),
        (
            SimpleNamespace(
                coefficientMatrix=DenseMatrix(2, 5, [1.0, -1.0, 2.0, 2.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0])
            ),
            {"rooms": 0.5, "area": 0.25, "town": 0.25},
        ),
        (booster(f1=2.0, f3=[1.0, 3.0], f4=2.0), {"town": 0.75, "rooms": 0.25, "area": 0}),
        (booster(), {"area": 0, "rooms": 0, "town": 0}),
    ],
    ids=["tree", "linear", "multinomial", "boosting", "nothing used"],
)
def test_each_column_gets_the_share_of_its_slots(model: Any, expected: dict[str, float]) -> None:
    found = importance(model, SLOTS)
    assert found == pytest.approx(expected)
    assert list(found or ()) == list(expected)


def test_a_model_that_does_not_tell_has_none() -> None:
    assert importance(SimpleNamespace(), SLOTS) is None


def test_names_that_do_not_match_the_model_are_an_error() -> None:
    with pytest.raises(ValueError, match="takes 2 numbers, 5 are named"):
        importance(SimpleNamespace(coefficients=DenseVector([1.0, 2.0])), SLOTS)
