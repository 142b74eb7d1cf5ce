"""How often each class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation.histogram import Numbers
from pipeline.evaluation.pictures.canvas import canvas, plain, short

_MOST_COUNTED = 20
"""Classes up to which each cell says its count."""
_MOST_SHARES = 6
"""Classes up to which it says it in full, with the share."""
_MOST_NAMED = 60


def confusion_matrix(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> Figure:
    """Counts by actual and predicted class; the colour is the share of the actual class's rows."""
    found = np.asarray(counts, np.float64)
    actual = found.sum(axis=1, keepdims=True)
    shares = np.divide(found, actual, out=np.zeros_like(found), where=actual > 0)
    size = 3.5 + 0.55 * min(len(classes), _MOST_COUNTED)
    figure, axes = canvas(size + 2.0, size + 0.8)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, shrink=0.8, label="share of the actual class")
    step = -(-len(classes) // _MOST_NAMED)
    ticks, names = list(range(0, len(classes), step)), [plain(name) for name in classes[::step]]
    small = 10 if len(classes) <= _MOST_COUNTED else 6
    longest = max(map(len, names))
    axes.set_xticks(ticks, names, fontsize=small)
    if longest * len(names) > 8 * size:
        axes.tick_params("x", rotation=45)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    axes.set_yticks(ticks, names, fontsize=small)
    axes.set(xlabel="predicted", ylabel="actual", title="Confusion matrix (rows)")
    if len(classes) <= _MOST_COUNTED:
        _write_counts(axes, counts, shares)
    return figure


def _write_counts(axes: Axes, counts: Sequence[Sequence[int]], shares: Numbers) -> None:
    for at, row in enumerate(counts):
        for place, count in enumerate(row):
            colour = "white" if shares[at, place] > 0.55 else "black" if count else "#aaaaaa"
            said = f"{count:,}\n{shares[at, place]:.1%}" if len(counts) <= _MOST_SHARES else short(count)
            axes.text(place, at, said, ha="center", va="center", color=colour, fontsize=9)
