"""How much memory one task needs to train boosted trees on its own rows: a formula, without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FLOAT = 4
_SKETCH_PER_ROW, _SKETCH_PER_BIN = 16, 5_500
_HISTOGRAM_BIN = 16
_NODE = 60
_ROW, _ROW_AND_CLASS = 48, 40
_TASK = 6_000_000
_MOST_NODES = 65_536
"""XGBoost keeps histograms of no more nodes than these."""


@dataclass(frozen=True)
class Shape:
    """The rows of one fit, and what of them changes the size of what is built from them."""

    training: int
    columns: int
    others: int = 0
    """Rows that stop early or judge."""
    classes: int = 0
    gaps: bool = True
    """Whether some value is missing: bins of a matrix with gaps take twice the room."""


def fit_bytes(shape: Shape, params: Mapping[str, Any]) -> int:
    """The peak of reading, binning and training with these (complete) parameters, in bytes.

    Floats of all rows as they were read; quantile sketches of each column; the bins of training rows, by row
    and by column; gradients, predictions and what measuring takes, per row and class; the histograms of the
    deepest level; the trees. Measured on 50,000 to 2,000,000 rows of 10 to 100 columns.
    """
    rows, bins = shape.training + shape.others, params["max_bin"]
    scores = shape.classes if shape.classes > 2 else 1
    cells = shape.training * shape.columns
    width = (1 if bins <= 256 else 2) + (_FLOAT + 0.125 if shape.gaps else 1 if bins <= 256 else 2)
    sketch = shape.columns * min(_SKETCH_PER_ROW * shape.training, _SKETCH_PER_BIN * bins)
    depth = params["max_depth"]
    leaves = params["max_leaves"] or 2**depth
    nodes = min(max(1, leaves // 2), max(1, shape.training // 2), _MOST_NODES)
    return int(
        _TASK
        + rows * shape.columns * _FLOAT
        + cells * width
        + sketch
        + rows * (_ROW + _ROW_AND_CLASS * scores)
        + nodes * shape.columns * min(bins, shape.training) * _HISTOGRAM_BIN
        + params["n_estimators"] * scores * min(2 * leaves, 2 * shape.training) * _NODE
    )
