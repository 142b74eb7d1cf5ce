"""Runs and models: the only room that imports `mlflow`."""

from __future__ import annotations

import os

# MLflow would report its use to its makers, over a network that a cluster may not have. A user's own setting
# wins.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

from pipeline.tracking.example import example_frame, predict_example, take_example
from pipeline.tracking.record import ColumnRole, TrainingRecord, Winner
from pipeline.tracking.registry import ModelVersion, Registry, UnreadableModelError
from pipeline.tracking.runs import Run
from pipeline.tracking.store import FinishedRun, Tracking

__all__ = [
    "ColumnRole",
    "FinishedRun",
    "ModelVersion",
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
