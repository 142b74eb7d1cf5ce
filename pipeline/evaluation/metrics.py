"""Which metrics a task has, and which of two values is the better one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pipeline.config.task import DEFAULT_METRIC, METRICS, Task

__all__ = ["BETTER", "METRICS", "default_metric", "gain", "is_better"]

_LOWER = frozenset({"rmse", "mse", "mae", "mape", "log_loss"})

BETTER: Mapping[str, Literal["lower", "higher"]] = MappingProxyType(
    {name: "lower" if name in _LOWER else "higher" for names in METRICS.values() for name in names}
)
"""For every metric of every task, which direction is good."""


def default_metric(task: Task) -> str:
    """The metric that is optimised where none was asked for."""
    return DEFAULT_METRIC[task]


def is_better(metric: str, value: float, than: float) -> bool:
    """Whether `value` beats `than`; NaN beats nothing, and everything beats NaN."""
    if math.isnan(value):
        return False
    if math.isnan(than):
        return True
    return value > than if BETTER[metric] == "higher" else value < than


def gain(metric: str, value: float, over: float) -> float:
    """By how much `value` is better than `over`, in the metric's own unit; negative when it is worse."""
    return value - over if BETTER[metric] == "higher" else over - value
