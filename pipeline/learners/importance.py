"""How much a fitted model leans on each input column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]


def importance(model: Any, slots: Sequence[str]) -> Mapping[str, float] | None:
    """Each input column's share, the largest first; None for a model that does not tell.

    `model` is the fitted stage alone, `slots` the input column of each number it takes, in order; slots of
    one column are added up. Trees: the gain of all splits on the column. Linear models: the size of the
    coefficients, the mean over classes, which compares columns only as far as they were scaled alike. All 0
    for a model that uses no column.

    Raises ValueError when `slots` are not as many as the model takes.
    """
    found = _of_each_slot(model, len(slots))
    if found is None:
        return None
    if len(found) != len(slots):
        raise ValueError(f"the model takes {len(found)} numbers, {len(slots)} are named")
    shares = dict.fromkeys(slots, 0.0)
    total = float(found.sum())
    for name, value in zip(slots, found.tolist(), strict=True):
        shares[name] += value / total if total > 0 else 0.0
    return dict(sorted(shares.items(), key=lambda item: (-item[1], item[0])))


def _of_each_slot(model: Any, width: int) -> Numbers | None:
    # Asked by what they have: naming our booster's class would import XGBoost, which may not be installed.
    if hasattr(model, "booster"):
        gains = model.booster.get_score(importance_type="total_gain")
        return np.array([float(np.sum(gains.get(f"f{place}", 0.0))) for place in range(width)])
    if hasattr(model, "featureImportances"):
        return np.asarray(model.featureImportances.toArray(), np.float64)
    if hasattr(model, "coefficientMatrix"):
        return np.asarray(np.abs(model.coefficientMatrix.toArray()).mean(axis=0), np.float64)
    if hasattr(model, "coefficients"):
        return np.asarray(np.abs(model.coefficients.toArray()), np.float64)
    return None
