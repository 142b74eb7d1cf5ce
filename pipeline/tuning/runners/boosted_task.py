"""Many boosted fits inside one task: Arrow batches → sorted rows → bins once → fits and metrics of each.

It travels to the workers by value, with the modules it imports of ours: they need xgboost, numpy and pyarrow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import xgboost as xgb

from pipeline.evaluation.exact import class_metrics, number_metrics
from pipeline.evaluation.histogram import Numbers
from pipeline.learners.boosting.native import (
    BadRowsError,
    Job,
    Rows,
    binned,
    train,
    validate_rows,
)
from pipeline.tuning.runners.task_memory import Memory
from pipeline.tuning.runners.task_results import answering

TRAINING, STOPPING, JUDGING = 0, 1, 2
"""What a row is for, as its last column says."""

NO_JUDGES = "there are no rows to judge by"


@dataclass(frozen=True)
class Fit:
    """One fit and the candidates that it answers for: those that want fewer rounds take its first ones."""

    job: Job
    candidates: tuple[tuple[int, int], ...]
    """The number of each, and its rounds; `job.rounds` is the most of them."""


@dataclass(frozen=True)
class Plan:
    """All that the task is told.

    Batches hold the features, the label, the weight where the jobs have one, the label as metrics see it, the
    order, and what a row is for (`TRAINING` …).
    """

    fits: tuple[Fit, ...]
    metrics: tuple[str, ...]
    """The names of the task's metrics."""
    log1p: bool = False
    """Whether fits are on log(1 + label), metrics on the label."""
    expected_rows: int = 10_000

    @property
    def job(self) -> Job:
        """Any of the jobs: columns, weights and classes are those of all."""
        return self.fits[0].job


@dataclass(frozen=True)
class Part:
    """Rows of one purpose, and the label in its own unit."""

    rows: Rows
    actual: Numbers


@dataclass(frozen=True)
class Parts:
    """All rows of a fold: those that fit, those that stop early, those that judge."""

    training: Part
    stopping: Part
    judging: Part


def trials_task(plan: Plan) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What `mapInArrow` runs on the only partition: one row for each candidate."""
    return answering(partial(trials, plan))


def trials(plan: Plan, batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """A result for each candidate. What fails a fit fails its candidates only."""
    memory = Memory()
    try:
        parts = read_parts(plan, batches)
    except MemoryError as error:
        for fit in plan.fits:
            yield from _failures(fit, error, 0.0)
        return
    floor = memory.peak()
    matrix, made_of = None, None
    for fit in sorted(plan.fits, key=lambda fit: int(fit.job.params["max_bin"])):
        begun = time.monotonic()
        memory.reset()
        try:
            _validate(parts, fit.job)
            if made_of != fit.job.params["max_bin"]:
                matrix = None  # two at once would take twice the memory
                matrix, made_of = binned(fit.job, parts.training.rows), fit.job.params["max_bin"]
            assert matrix is not None
            results = list(_results(plan, fit, matrix, parts, begun))
        except Exception as error:  # noqa: BLE001 - one fit's failure is not that of the others
            yield from _failures(fit, error, time.monotonic() - begun)
            continue
        used = memory.peak()
        if used is not None and floor is not None:
            used = max(used, floor)
        for result in results:
            yield {**result, "used_bytes": used}


def read_parts(plan: Plan, batches: Iterable[pa.RecordBatch]) -> Parts:
    """The rows by purpose, each in the order that their column `order` tells, whatever order they came in."""
    job, rows = plan.job, Rows.with_room(plan.job, plan.expected_rows)
    actual, order, purpose = [], [], []
    for batch in batches:
        rows.append(batch)
        last = batch.num_columns
        actual.append(batch.column(last - 3).to_numpy(zero_copy_only=False))
        order.append(batch.column(last - 2).to_numpy(zero_copy_only=False))
        purpose.append(batch.column(last - 1).to_numpy(zero_copy_only=False))
    rows.trim()
    purposes = np.concatenate([*purpose, np.empty(0, np.int8)])
    actuals = np.concatenate([*actual, np.empty(0)])
    places = np.lexsort((rows.label, np.concatenate([*order, np.empty(0, np.int64)]), purposes))
    for column in range(job.features):  # column by column: no second copy of the matrix
        rows.features[:, column] = rows.features[places, column]
    label, sorted_actual = rows.label[places], actuals[places].astype(np.float64)
    weight = None if rows.weight is None else rows.weight[places]
    first, second = np.searchsorted(purposes[places], [STOPPING, JUDGING]).tolist()
    found = []
    for start, end in ((0, first), (first, second), (second, len(label))):
        part = slice(start, end)
        own = Rows(rows.features[part], label[part], None if weight is None else weight[part], end - start)
        found.append(Part(own, sorted_actual[part]))
    return Parts(*found)


def _validate(parts: Parts, job: Job) -> None:
    stopping = None if job.early_stopping_rounds is None else parts.stopping.rows
    validate_rows(parts.training.rows, stopping, job.classes)
    if not parts.judging.rows.count:
        raise BadRowsError(NO_JUDGES)


def _results(
    plan: Plan, fit: Fit, matrix: xgb.QuantileDMatrix, parts: Parts, begun: float
) -> Iterator[dict[str, Any]]:
    """Each candidate's metrics. The time of a shared fit is divided by the rounds asked for."""
    job = fit.job
    stops_early = job.early_stopping_rounds is not None
    validation = binned(job, parts.stopping.rows, matrix) if stops_early else None
    booster, _ = train(job, matrix, validation)
    fitted, wanted = time.monotonic() - begun, sum(rounds for _, rounds in fit.candidates)
    for number, rounds in fit.candidates:
        measuring = time.monotonic()
        until = booster.best_iteration + 1 if stops_early else rounds
        judged = booster.inplace_predict(
            parts.judging.rows.features, iteration_range=(0, until), validate_features=False
        )
        # All rounds of the rows that were fitted are known to the booster already.
        known = (0, 0) if until == booster.num_boosted_rounds() else (0, until)
        fitting = booster.predict(matrix, iteration_range=known)
        yield {
            "number": number,
            "metrics": _measured(plan, parts.judging.actual, judged),
            "training_metrics": _measured(plan, parts.training.actual, fitting),
            "rounds": until if stops_early else None,
            "fit_seconds": fitted * rounds / wanted,
            "evaluation_seconds": time.monotonic() - measuring,
        }


def _measured(plan: Plan, actual: Numbers, predicted: Any) -> list[tuple[str, float]]:
    """Metrics in the label's own unit, from what a booster gives."""
    found = predicted.astype(np.float64)
    if not plan.job.classes:
        return list(number_metrics(actual, np.expm1(found) if plan.log1p else found).items())
    shares = np.column_stack([1.0 - found, found]) if found.ndim == 1 else found
    return list(class_metrics(actual, shares, plan.metrics).items())


def _failures(fit: Fit, error: BaseException, seconds: float) -> Iterator[dict[str, Any]]:
    """One row for each candidate of a fit: the first line of what went wrong, and of which kind it is."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    is_memory = isinstance(error, MemoryError) or "bad_alloc" in str(error)
    kinds = ((BadRowsError, "rows"), (xgb.core.XGBoostError, "parameters"))
    why = "memory" if is_memory else next((why for kind, why in kinds if isinstance(error, kind)), "other")
    text = lines[0] if why != "other" else f"{type(error).__name__}: {lines[0]}"
    for number, _ in fit.candidates:
        yield {"number": number, "fit_seconds": seconds / len(fit.candidates), "failed": text, "why": why}
