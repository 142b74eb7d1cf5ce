"""Calibration: of the rows given a probability of 0.3, are three in ten of the class?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from pipeline.evaluation.curves import CALIBRATION_BINS, Curves
from pipeline.evaluation.pictures.canvas import BLUE, GREY, explain, look, plain, short, subject, worst


def calibration(curves: Mapping[int, Curves], classes: Sequence[str]) -> Figure:
    """Mean probability against the actual share, by tenths, and below how many rows each tenth has."""
    drawn = worst({index: found.auc_roc for index, found in curves.items()})
    figure = Figure(figsize=(7 if len(drawn) == 1 else 10, 7), dpi=120, layout="constrained")
    shares, rows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    shares.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (5, 5)))
    for place, index in enumerate(drawn):
        predicted, actual, counts = _tenths(curves[index])
        style = {**look(place), "marker": "o", "markersize": 4}
        shares.plot(predicted, actual, label=plain(classes[index]), **style)
        if len(drawn) > 1:
            rows.plot(predicted, counts, **style)
        else:
            _draw_bars(rows, predicted, counts)
    if len(drawn) > 1:
        rows.set_yscale("log")
        rows.set_ylim(bottom=0.7)
        rows.yaxis.set_minor_formatter(NullFormatter())
    rows.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(int(value))))
    shares.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), ylabel="actual share")
    shares.set_title(f"Calibration{subject(drawn, curves, classes)}")
    rows.set(xlabel="predicted probability", ylabel="rows")
    for axes in (shares, rows):
        axes.grid(alpha=0.25)
    explain(figure, drawn, "class")
    return figure


def _tenths(curves: Curves) -> tuple[list[float], list[float], list[int]]:
    tenths = curves.calibration
    return (
        [tenth.predicted for tenth in tenths],
        [tenth.actual for tenth in tenths],
        [tenth.rows for tenth in tenths],
    )


def _draw_bars(axes: Axes, predicted: list[float], counts: list[int]) -> None:
    left = [min(int(at * CALIBRATION_BINS), CALIBRATION_BINS - 1) / CALIBRATION_BINS for at in predicted]
    axes.bar(left, counts, width=1 / CALIBRATION_BINS, align="edge", edgecolor="white", color=BLUE)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
