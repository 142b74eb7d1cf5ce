"""Pictures of how good a model is, one file each, drawn from counts and curves that are already there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipeline.config.task import Task
from pipeline.evaluation.class_measures import ClassMeasures
from pipeline.evaluation.pictures.calibration import calibration
from pipeline.evaluation.pictures.confusion_matrix import confusion_matrix
from pipeline.evaluation.pictures.importance import importance as feature_importance
from pipeline.evaluation.pictures.precision_recall import precision_recall
from pipeline.evaluation.pictures.residuals import residuals
from pipeline.evaluation.pictures.roc import roc
from pipeline.evaluation.residuals import Residuals

__all__ = ["pictures"]


def pictures(
    task: Task,
    measures: ClassMeasures | Residuals,
    classes: Sequence[str] = (),
    *,
    label: str = "Predicted and actual",
    importance: Mapping[str, float] | None = None,
) -> Mapping[str, Figure]:
    """Figures by file name; only what can be drawn is among them.

    `measures`: the Residuals of task regression, the ClassMeasures of the others. `classes`: the labels, by
    class index. `label` heads the picture of residuals. `importance`: shares by input column.
    """
    found: dict[str, Figure] = {}
    if isinstance(measures, Residuals):
        if task != "regression":
            raise TypeError(f"task {task} is drawn from ClassMeasures")
        found["residuals.png"] = residuals(measures, label)
    else:
        found["confusion_matrix.png"] = confusion_matrix(measures.confusion, classes)
        if measures.curves:
            found["roc.png"] = roc(measures.curves, classes)
            found["precision_recall.png"] = precision_recall(measures.curves, classes)
        if any(curves.calibration for curves in measures.curves.values()):
            found["calibration.png"] = calibration(measures.curves, classes)
    if importance:
        found["feature_importance.png"] = feature_importance(importance)
    return found
