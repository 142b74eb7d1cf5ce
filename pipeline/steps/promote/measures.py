"""Metrics of several models on the same rows, in one pass."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.ml import PipelineModel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.evaluation.classes import ClassPrediction, evaluate_classes, is_small
from pipeline.evaluation.regression import evaluate
from pipeline.steps.promote.rows import ACTUAL, with_predictions
from pipeline.tracking import TrainingRecord
from pipeline.tuning.class_labels import ClassLabels

Models = Mapping[str, tuple[PipelineModel, TrainingRecord]]


def measure(rows: DataFrame, models: Models) -> dict[str, Mapping[str, float]]:
    """Metrics of each model on `rows`; all have one task, and the label of the first one's record.

    Raises DataRefused when there is no row.
    """
    first = next(iter(models.values()))[1]
    judged = with_predictions(rows, models, first.label)
    if not first.classes:
        number = judged.withColumn(ACTUAL, F.col(ACTUAL).cast("double"))
        return dict(evaluate(number, {name: f"{name}.prediction" for name in models}, ACTUAL))
    # A class that only one of them knows is a class for both; the other one gives it no probability.
    every = tuple(dict.fromkeys(name for _, record in models.values() for name in record.classes))
    labels = ClassLabels(every, first.label_type)
    answers = {
        name: _answer(labels, ClassLabels(record.classes, record.label_type), F.col(name))
        for name, (_, record) in models.items()
    }
    placed = judged.withColumn(ACTUAL, labels.place(F.col(ACTUAL)))
    known = sum(first.rows.get(split, 0) for split in ("train", "validation", "test"))
    found = evaluate_classes(placed, answers, ACTUAL, len(every), exact=is_small(known, len(every)))
    return {name: measured.metrics for name, measured in found.items()}


def _answer(labels: ClassLabels, own: ClassLabels, said: Column) -> ClassPrediction:
    return ClassPrediction(labels.place(said["prediction"]), own.shares(said["probability"], labels.names))
