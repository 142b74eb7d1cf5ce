from __future__ import annotations

import numpy as np
import pytest

from pipeline.preprocessing.number_statistics import NumberStatistics
from pipeline.preprocessing.scaling import Scaling, scaling

VALUES = np.array([1.0, 2.0, 4.0, 9.0])
SEEN = NumberStatistics(
    rows=6,
    missing=2,
    mean=VALUES.mean(),
    std=VALUES.std(ddof=1),
    min=1,
    max=9,
    q25=1.0,
    median=2.0,
    q75=4.0,
)


@pytest.mark.parametrize(("impute", "fill"), [("median", 2.0), ("mean", 4.0), ("zero", 0.0)])
def test_standard_scaling_is_that_of_a_scaler_behind_an_imputer(impute: str, fill: float) -> None:
    filled = np.append(VALUES, [fill, fill])
    found = scaling(SEEN, impute, "standard")
    assert found.fill == fill
    assert found.shift == pytest.approx(filled.mean())
    assert found.width == pytest.approx(filled.std(ddof=1))


def test_the_other_scales() -> None:
    assert scaling(SEEN, "zero", "minmax") == Scaling(fill=0, shift=0, width=9)
    assert scaling(SEEN, "median", "minmax") == Scaling(fill=2, shift=1, width=8)
    assert scaling(SEEN, "median", "robust") == Scaling(fill=2, shift=2, width=3)
    assert scaling(SEEN, "median", "none") == Scaling(fill=2, shift=0, width=1)


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
def test_a_constant_is_not_divided_by_nothing(scale: str) -> None:
    constant = NumberStatistics(3, 0, 5.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0)
    assert scaling(constant, "median", scale).width == 1
    nothing = NumberStatistics(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert scaling(nothing, "median", scale) == Scaling(0)
