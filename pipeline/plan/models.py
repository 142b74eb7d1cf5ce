"""Promote and score: the features, read for the rows that judge and for those that are to be predicted."""

from __future__ import annotations

from pipeline.due import Due, Models
from pipeline.lake import names
from pipeline.lake.sizes import TableSize
from pipeline.plan.data import Ground
from pipeline.plan.figures import Read, StepPlan


def plan_promote(ground: Ground, models: Models, due: Due) -> StepPlan:
    """Thresholds and the reloaded model need no table; beside a champion the features are read once."""
    if not due.is_due or models.champion is None:
        return StepPlan("promote", due.is_due, due.reason)
    return StepPlan("promote", True, due.reason, reads=(_features(ground, 1),))


def plan_score(
    ground: Ground, due: Due, is_done: bool, new_champion: bool, predictions: TableSize | None
) -> StepPlan:
    """One look for rows that wait, then they are predicted; what a champion has said before is read too."""
    if due.is_due and is_done:
        return StepPlan("score", False, "the champion has scored all rows")
    if not due.is_due:
        return StepPlan("score", False, due.reason)
    reads = [_features(ground, 2)]
    if predictions is not None and not new_champion:
        reads.append(Read(names.predictions(ground.config.name), predictions.bytes, 2, predictions.files))
    partitions = ground.cluster.partitions(reads[0].bytes, reads[0].files or 1)
    return StepPlan("score", True, due.reason, reads=tuple(reads), partitions=partitions)


def _features(ground: Ground, scans: int) -> Read:
    after = ground.features_after()
    table = names.features(ground.config.name)
    return Read(table, after.bytes, scans, after.files or None, after.rows or None, after.is_guess)
