"""How much memory one task needs to train boosted trees on its own rows: a formula, without a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FLOAT = 4
_SKETCH_PER_ROW, _SKETCH_PER_BIN = 20, 5_500
_HISTOGRAM_BIN = 16
_NODE = 60
_ROW, _ROW_AND_CLASS = 30, 40
_TASK = 6_000_000
_ROWS_OF_A_NODE = 64
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

    Floats of all rows as they were read, and the trees. Beside them first quantile sketches of each column,
    then, in their place, the bins of training rows, by row and by column, gradients, predictions and what
    measuring takes, per row and class, and the histograms of the deepest level.

    With 10,000 to 1,000,000 rows of 10 to 100 columns, 64 to 1,024 bins and depths of 6 to 10 it was within
    a quarter of what tasks took.
    """
    rows, bins = shape.training + shape.others, params["max_bin"]
    scores = shape.classes if shape.classes > 2 else 1
    cells = shape.training * shape.columns
    width = (1 if bins <= 256 else 2) + (_FLOAT + 0.125 if shape.gaps else 1 if bins <= 256 else 2)
    sketch = shape.columns * min(_SKETCH_PER_ROW * shape.training, _SKETCH_PER_BIN * bins)
    depth = params["max_depth"]
    leaves = params["max_leaves"] or 2**depth
    nodes = min(leaves, 1 + shape.training // _ROWS_OF_A_NODE, _MOST_NODES)
    histograms = nodes * shape.columns * min(bins, shape.training) * _HISTOGRAM_BIN
    return int(
        _TASK
        + rows * shape.columns * _FLOAT
        + max(sketch, cells * width + rows * (_ROW + _ROW_AND_CLASS * scores) + histograms)
        + params["n_estimators"] * scores * min(2 * leaves, 2 * shape.training) * _NODE
    )
