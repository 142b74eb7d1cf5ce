"""ROC curves: what share of a class is found, at the price of which share of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipeline.evaluation.curves import Curves
from pipeline.evaluation.pictures.canvas import (
    GREY,
    canvas,
    explain,
    look,
    plain,
    subject,
    unit_square,
    worst,
)


def roc(curves: Mapping[int, Curves], classes: Sequence[str]) -> Figure:
    """One curve per class against the rest, by class index; the diagonal is what chance gives."""
    drawn = worst({index: found.auc_roc for index, found in curves.items()})
    figure, axes = canvas(6.5 if len(drawn) == 1 else 10.5, 6.5)
    for place, index in enumerate(drawn):
        label = f"{plain(classes[index])}  {curves[index].auc_roc:.3f}"
        axes.plot(*zip(*curves[index].roc, strict=True), label=label, **look(place))
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (5, 5)))
    unit_square(axes, "false positive rate", "true positive rate")
    axes.set_title(f"ROC{subject(drawn, curves, classes)}")
    explain(figure, drawn, "class and area")
    if len(drawn) == 1:
        axes.text(0.97, 0.04, f"area {curves[drawn[0]].auc_roc:.3f}", ha="right")
    return figure
