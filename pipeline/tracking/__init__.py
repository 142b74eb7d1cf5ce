"""Runs and models: the only room that imports `mlflow`."""

from __future__ import annotations

import pipeline.tracking.imported  # noqa: F401 - before whatever else imports MLflow
from pipeline.tracking.children import REASON, Child, Children, Note
from pipeline.tracking.example import example_frame, predict_example, take_example
from pipeline.tracking.record import ColumnRole, TrainingRecord, Winner
from pipeline.tracking.registry import ModelVersion, Registry, UnreadableModelError
from pipeline.tracking.runs import CODE_VERSION, FINGERPRINT, Run
from pipeline.tracking.store import FinishedRun, LeftRun, Tracking

__all__ = [
    "CODE_VERSION",
    "FINGERPRINT",
    "REASON",
    "Child",
    "Children",
    "ColumnRole",
    "FinishedRun",
    "LeftRun",
    "ModelVersion",
    "Note",
    "Registry",
    "Run",
    "Tracking",
    "TrainingRecord",
    "UnreadableModelError",
    "Winner",
    "example_frame",
    "predict_example",
    "take_example",
]
