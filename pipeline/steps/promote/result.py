"""What promotion returns: the decision, its reasons, and the metrics that it was made by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.steps.result import StepResult


@dataclass(frozen=True)
class PromoteResult(StepResult):
    """The verdict of promotion: `promoted`, `refused` (exit code 4) or `nothing new`.

    `previous_version` is the champion before. `test_metrics` are the challenger's; where it met a champion,
    both were measured on the same rows.
    """

    model: str = ""
    model_version: int | None = None
    previous_version: int | None = None
    decision: str = ""
    reasons: tuple[str, ...] = ()
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    champion_metrics: Mapping[str, float] = field(default_factory=dict)
