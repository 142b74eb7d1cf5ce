"""What can be predicted, and what a prediction is measured by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Task = Literal["regression", "binary", "multiclass"]

Metric = Literal[
    "rmse",
    "mse",
    "mae",
    "r2",
    "mape",
    "accuracy",
    "precision",
    "recall",
    "f1",
    "auc_roc",
    "auc_pr",
    "log_loss",
    "precision_weighted",
    "recall_weighted",
    "f1_weighted",
    "auc_roc_weighted",
    "auc_pr_weighted",
]

_CLASSES: tuple[Metric, ...] = ("accuracy", "precision", "recall", "f1", "auc_roc", "auc_pr", "log_loss")

METRICS: Mapping[Task, tuple[Metric, ...]] = MappingProxyType(
    {
        "regression": ("rmse", "mse", "mae", "r2", "mape"),
        "binary": _CLASSES,
        "multiclass": (
            *_CLASSES,
            "precision_weighted",
            "recall_weighted",
            "f1_weighted",
            "auc_roc_weighted",
            "auc_pr_weighted",
        ),
    }
)
"""Every metric of a task, in the order in which they are shown. Multiclass: macro averages by default."""

UNBOUNDED: tuple[Metric, ...] = ("rmse", "mse", "mae", "mape", "log_loss")
"""Errors: the lower the better, at least 0. The other metrics are at most 1."""

DEFAULT_METRIC: Mapping[Task, Metric] = MappingProxyType(
    {"regression": "rmse", "binary": "auc_roc", "multiclass": "log_loss"}
)
"""What is optimised where `train.metric` does not say."""
