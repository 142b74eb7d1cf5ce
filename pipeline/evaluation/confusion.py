"""Metrics of the predicted class, from the counts of a confusion matrix. No Spark here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.float64]


def label_metrics(confusion: Sequence[Sequence[int]]) -> dict[str, float]:
    """accuracy, precision, recall and f1 of K × K counts, rows actual and columns predicted.

    Two classes: of class 1, the positive one. More: the macro average, and `_weighted` by how many rows each
    class has. As scikit-learn does, the macro average is over the classes that occur among the rows or the
    predictions, and a share of nothing (a class never predicted, or without a row) is 0.
    """
    counts = np.asarray(confusion, np.float64)
    right, actual, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    shares = {
        "precision": _share(right, predicted),
        "recall": _share(right, actual),
        "f1": _share(2 * right, actual + predicted),
    }
    found = {"accuracy": float(right.sum() / counts.sum())}
    if len(counts) == 2:
        return found | {name: float(values[1]) for name, values in shares.items()}
    occurs = actual + predicted > 0
    for name, values in shares.items():
        found[name] = float(values[occurs].mean())
        found[f"{name}_weighted"] = float(np.average(values, weights=actual))
    return found


def _share(part: Counts, whole: Counts) -> Counts:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
