"""What scoring returns: which model predicted, and where the predictions are."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.steps.result import StepResult


@dataclass(frozen=True)
class ScoreResult(StepResult):
    """The verdict of scoring. `rows` counts the predictions that were inserted and those that changed."""

    model: str = ""
    model_version: int = 0
    predictions_table: str = ""
