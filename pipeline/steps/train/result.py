"""What training returns: the leaderboard, the metrics, and where the model is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.preprocessing.roles import Role
from pipeline.steps.result import StepResult
from pipeline.tuning.trials import Standing


@dataclass(frozen=True)
class LeaderboardRow:
    """One candidate; `mean` and `spread` (sample standard deviation) over the folds, None when it failed."""

    number: int
    learner: str
    params: Mapping[str, Any]
    mean: float | None
    spread: float | None
    folds: tuple[float | None, ...]
    seconds: float
    failed: str | None
    share: float = 1.0
    """The share of the training rows it was fitted on, where the search tried it on few rows first."""
    training_mean: float | None = None
    """The mean over folds on the rows that were fitted; None where that was not measured."""
    gap: float | None = None
    """`training_mean` minus `mean`: far from zero, the training rows were learned by heart."""
    placement: str = ""
    """Where its trials ran: `local` (inside one task), `distributed`, or both."""

    @classmethod
    def of(cls, standing: Standing) -> LeaderboardRow:
        """The row of one candidate."""
        failed = standing.failed
        return cls(
            number=standing.candidate.number,
            learner=standing.candidate.learner,
            params={**standing.candidate.params, **standing.candidate.features},
            mean=None if failed else standing.mean,
            spread=None if failed else standing.spread,
            folds=tuple(trial.metrics.get(standing.metric) for trial in standing.trials),
            seconds=standing.seconds,
            failed=failed,
            share=standing.share,
            training_mean=standing.training_mean,
            gap=standing.gap,
            placement=standing.placement,
        )


@dataclass(frozen=True)
class TrainResult(StepResult):
    """The verdict of training. Metrics are in the label's own unit and natural sign."""

    run_id: str = ""
    model: str = ""
    model_version: int = 0
    metric: str = ""
    winner: LeaderboardRow | None = None
    leaderboard: tuple[LeaderboardRow, ...] = ()
    cv_metrics: Mapping[str, float] = field(default_factory=dict)
    test_metrics: Mapping[str, float] = field(default_factory=dict)
    baseline_metrics: Mapping[str, float] = field(default_factory=dict)
    roles: tuple[Role, ...] = ()
    warnings: tuple[str, ...] = ()
    """What somebody should look at, such as a column that tells the label by itself."""
    fits: Mapping[str, int] = field(default_factory=dict)
    """Trials of this run by placement, `local` inside one task or `distributed`; `winner`: its refit."""
    ended_early: str | None = None
    """Why the search ended before everything was tried, and how much was not; None where all was."""
