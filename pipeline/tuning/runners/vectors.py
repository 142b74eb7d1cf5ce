"""Linear regressions and logistic regressions: many candidates of one fold in one Spark task.

Where a fold is too much for a task, ridge regressions share one pass of all workers (`linear_path`), and
logistic regressions are Spark's own fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.placement import chunks_of
from pipeline.tuning.prepared import JUDGE, VALIDATION, PreparedFold, in_share
from pipeline.tuning.runners.base import Runner, Work
from pipeline.tuning.runners.boosted import LOST
from pipeline.tuning.runners.linear_path import LinearPathRunner
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.runners.vector_job import (
    estimated_bytes,
    fits_a_task,
    has_optimum,
    is_on_path,
    make_plan,
    parts_of,
    run_trials,
    task_rows,
)
from pipeline.tuning.trials import Trial

if TYPE_CHECKING:
    from pipeline.tuning.runners.vector_task import Kind

# Seconds, roughly, of one core: only their proportions matter.
_JOB, _SHIPPED_CELL, _FITTED_CELL = 0.15, 3e-7, 6e-8


def vector_work(
    candidates: Sequence[Candidate], fold: PreparedFold, share: float, slots: int
) -> tuple[Work, ...]:
    """The work of the candidates that this module has a solver for; the others are left to the caller."""
    ridge = [candidate for candidate in candidates if is_on_path(candidate, fold.prefix.width)]
    softmax = [candidate for candidate in candidates if has_optimum(candidate)]
    works: list[Work] = []
    if ridge:
        runner: Runner = VectorRunner("ridge") if _fits(fold, share, slots) else LinearPathRunner()
        works.append(Work(runner, tuple(ridge)))
    if softmax and _fits(fold, share, slots):
        cells = _cells(fold, share)
        costs = [cells * max(1, fold.context.classes - 1) * _FITTED_CELL] * len(softmax)
        chunks = chunks_of(costs, _JOB + cells * _SHIPPED_CELL, fold.together, slots)
        works += [Work(VectorRunner("softmax"), tuple(softmax[at] for at in chunk)) for chunk in chunks]
    return tuple(works)


class VectorRunner:
    """All candidates in one task, one fit after the other, on one copy of the rows.

    Metrics are those of `evaluation`. What the task does not solve, or what dies with it, all workers do.
    """

    reads_once = True

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind

    def run(self, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Iterator[Trial]:
        """See `Runner.run`. All trials come when the task ends."""
        try:
            found = {row["number"]: row for row in self._found(fold, candidates, share)}
        except Exception as error:
            if not any(sign in str(error) for sign in LOST):
                raise
            lost = {"left": "its task was lost, perhaps for memory"}
            found = {candidate.number: lost for candidate in candidates}
        for candidate in candidates:
            # Spark runs no task over rows that it knows there are none of.
            result = found.get(candidate.number, {"left": "there are no rows"})
            if result["left"] is None:
                yield _trial(candidate, fold, share, result)
                continue
            for trial in SparkRunner().run(fold, (candidate,), share):
                yield replace(trial, note=f"{result['left']}; done by all workers")

    def _found(
        self, fold: PreparedFold, candidates: Sequence[Candidate], share: float
    ) -> Sequence[Mapping[str, Any]]:
        rows = fold.rows.training * share + fold.rows.judging
        plan = make_plan(self._kind, candidates, fold.prefix, fold.target, fold.context, rows)
        return run_trials(plan, _rows(fold, share))


def _rows(fold: PreparedFold, share: float) -> DataFrame:
    assert fold.parts is not None
    rows = fold.parts.where(~F.col(VALIDATION))
    if share < 1:
        rows = rows.where(F.col(JUDGE) | in_share(share))
    return task_rows(rows, parts_of(fold.prefix), fold.target, F.col(JUDGE))


def _row_count(fold: PreparedFold, share: float) -> int:
    return int(fold.rows.training * share) + fold.rows.judging


def _fits(fold: PreparedFold, share: float, slots: int) -> bool:
    return fits_a_task(fold.prefix, fold.context, _row_count(fold, share), slots)


def _cells(fold: PreparedFold, share: float) -> float:
    return fold.rows.training * share * max(1, len(fold.prefix.names))


def _trial(candidate: Candidate, fold: PreparedFold, share: float, result: Mapping[str, Any]) -> Trial:
    parts = {"fit": result["fit_seconds"], "evaluation": result["evaluation_seconds"]}
    return Trial(
        candidate,
        fold.fold.number,
        metrics=result["metrics"],
        share=share,
        training_metrics=result["training_metrics"],
        placement="local",
        estimated_bytes=estimated_bytes(fold.prefix, fold.context, _row_count(fold, share)),
        used_bytes=result["used_bytes"],
        seconds=sum(parts.values()),
        parts=parts,
    )
