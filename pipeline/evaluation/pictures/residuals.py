"""Predicted against actual values, and how the differences are spread."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from pipeline.evaluation.pictures.canvas import BLUE, GREY, plain
from pipeline.evaluation.residuals import Residuals


def residuals(found: Residuals, label: str) -> Figure:
    """Left: rows by actual and predicted value, right on the diagonal. Right: rows by residual."""
    figure = Figure(figsize=(12, 5.5), dpi=120, layout="constrained")
    both, spread = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_both(figure, both, found, plain(label))
    counts = np.asarray(found.errors)
    edges = np.linspace(found.error_low, found.error_high, len(counts) + 1)
    spread.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=BLUE)
    spread.axvline(0, color=GREY, linewidth=0.8)
    spread.set(
        xlabel="actual - predicted",
        ylabel="rows",
        title="Residuals, the outer bars with all beyond",
    )
    spread.grid(alpha=0.25, axis="y")
    for axes in (both, spread):
        axes.locator_params(axis="x", nbins=6)
    return figure


def _draw_both(figure: Figure, axes: Axes, found: Residuals, label: str) -> None:
    counts = np.asarray(found.counts, np.float64).T  # predicted upwards, actual across
    edges = np.linspace(found.low, found.high, len(counts) + 1)
    shade = LogNorm(1, max(counts.max(), 10))
    mesh = axes.pcolormesh(edges, edges, np.ma.masked_equal(counts, 0), cmap="viridis_r", norm=shade)
    figure.colorbar(mesh, ax=axes).ax.set_title("rows", fontsize=10)
    axes.plot([found.low, found.high], [found.low, found.high], color=GREY, linewidth=0.8)
    axes.set(xlabel="actual", ylabel="predicted", title=label)
    axes.set_aspect("equal")
