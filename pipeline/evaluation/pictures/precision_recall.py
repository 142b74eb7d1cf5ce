"""Precision-recall curves: how many of those named are right, when this share of a class is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipeline.evaluation.curves import Curves
from pipeline.evaluation.pictures.canvas import canvas, explain, look, plain, subject, unit_square, worst


def precision_recall(curves: Mapping[int, Curves], classes: Sequence[str]) -> Figure:
    """One curve per class against the rest, by class index. Precision holds up to the next point."""
    drawn = worst({index: found.auc_pr for index, found in curves.items()})
    figure, axes = canvas(6.5 if len(drawn) == 1 else 10.5, 6.5)
    for place, index in enumerate(drawn):
        label = f"{plain(classes[index])}  {curves[index].auc_pr:.3f}"
        recall, precision = zip(*curves[index].precision_recall, strict=True)
        axes.step(recall, precision, where="pre", label=label, **look(place))
    unit_square(axes, "recall", "precision")
    axes.set_title(f"Precision and recall{subject(drawn, curves, classes)}")
    explain(figure, drawn, "class and average precision")
    if len(drawn) == 1:
        axes.text(0.03, 0.04, f"average precision {curves[drawn[0]].auc_pr:.3f}")
    return figure
