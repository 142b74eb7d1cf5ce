"""What a training task is told, from a learner's complete parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.learners.boosting.native import Job

_NOT_BOOSTER = ("n_estimators", "early_stopping_rounds", "n_jobs")


def make_job(
    values: Mapping[str, Any],
    *,
    features: int,
    categorical: tuple[int, ...],
    weighted: bool,
    classes: int,
    seed: int,
    task_cpus: int,
) -> Job:
    """The job of a fit with these parameters; `task_cpus` threads where they do not name a number."""
    params = {name: value for name, value in values.items() if name not in _NOT_BOOSTER}
    return Job(
        features=features,
        rounds=values["n_estimators"],
        params={**params, "seed": seed, "nthread": values["n_jobs"] or task_cpus},
        categorical=categorical,
        weighted=weighted,
        classes=classes,
        early_stopping_rounds=values["early_stopping_rounds"],
    )
