"""Linear regressions and logistic regressions: many candidates of one fold in one Spark task.

Where a fold is too much for a task, ridge regressions share one pass of all workers (`linear_path`), and
logistic regressions are Spark's own fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.config.task import METRICS
from pipeline.learners import get_learner
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.placement import chunks_of, place
from pipeline.tuning.prepared import JUDGE, VALIDATION, PreparedFold, in_share
from pipeline.tuning.rows import ACTUAL, LABEL, ORDER, WEIGHT
from pipeline.tuning.runners.base import Runner, Work
from pipeline.tuning.runners.boosted import LOST
from pipeline.tuning.runners.linear_path import LinearPathRunner, is_on_path, penalty_of
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.trials import Trial

if TYPE_CHECKING:
    from pipeline.tuning.runners.vector_task import Plan

Kind = Literal["ridge", "softmax"]

_FEWEST_STEPS, _LOOSEST = 100, 1e-4
"""With fewer steps, or a looser tolerance, Spark stops before the optimum, and that is another model."""

# Seconds, roughly, of one core: only their proportions matter.
_JOB, _SHIPPED_CELL, _FITTED_CELL = 0.15, 1.2e-7, 2e-7

_NUMBER, _CODE, _ROW, _ROW_AND_CLASS, _TASK = 9, 48, 100, 64, 5_000_000


def vector_work(
    candidates: Sequence[Candidate], fold: PreparedFold, share: float, slots: int
) -> tuple[Work, ...]:
    """The work of the candidates that this module has a solver for; the others are left to the caller."""
    ridge = [candidate for candidate in candidates if is_on_path(candidate, fold)]
    softmax = [candidate for candidate in candidates if has_optimum(candidate)]
    works: list[Work] = []
    if ridge:
        runner: Runner = VectorRunner("ridge") if _fits(fold, share, slots) else LinearPathRunner()
        works.append(Work(runner, tuple(ridge)))
    if softmax and _fits(fold, share, slots):
        cells = _cells(fold, share)
        costs = [cells * max(1, fold.context.classes - 1) * _FITTED_CELL] * len(softmax)
        chunks = chunks_of(costs, _JOB + cells * _SHIPPED_CELL, fold.folds, slots)
        works += [Work(VectorRunner("softmax"), tuple(softmax[at] for at in chunk)) for chunk in chunks]
    return tuple(works)


def has_optimum(candidate: Candidate) -> bool:
    """Whether a logistic regression has one optimum, which Spark's own fit would get near to."""
    if candidate.learner != "logistic_regression":
        return False
    params = get_learner(candidate.learner).complete(candidate.params)
    is_smooth = params["elasticNetParam"] == 0 and params["regParam"] > 0
    return bool(is_smooth and params["maxIter"] >= _FEWEST_STEPS and params["tol"] <= _LOOSEST)


def estimated_bytes(fold: PreparedFold, share: float) -> int:
    """What `vector_bytes` says of the fold."""
    assert fold.prefix.parts is not None
    rows, parts = int(fold.rows.training * share) + fold.rows.judging, fold.prefix.parts
    return vector_bytes(
        rows, len(parts.numbers), len(parts.codes), fold.context.classes, fold.prefix.width or 0
    )


def vector_bytes(rows: int, numbers: int, codes: int, classes: int, width: int) -> int:
    """The peak of reading, sorting and fitting in one task: by numbers and codes, rows and columns.

    Measured on flights: 107 to 157 MB where it says 126.
    """
    return int(
        _TASK
        + rows * (numbers * _NUMBER + codes * _CODE)
        + rows * (_ROW + _ROW_AND_CLASS * (classes if classes > 2 else 1))
        + 3 * 8 * width**2
    )


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
            found = {
                row["number"]: row
                for row in run_task(make_plan(self._kind, fold, candidates, share), fold, share)
            }
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


def make_plan(kind: Kind, fold: PreparedFold, candidates: Sequence[Candidate], share: float) -> Plan:
    """What the task is told."""
    from pipeline.tuning.runners.vector_task import Plan

    assert fold.prefix.parts is not None
    rows = fold.rows.training * share + fold.rows.judging
    return Plan(
        kind,
        tuple((candidate.number, penalty_of(candidate)) for candidate in candidates),
        len(fold.prefix.parts.numbers),
        fold.prefix.parts.sizes,
        fold.context.classes,
        METRICS[fold.context.task],
        log1p=getattr(fold.target, "transform", "none") == "log1p",
        expected_rows=int(rows * 1.02) + 1,
    )


def run_task(plan: Plan, fold: PreparedFold, share: float) -> Sequence[Mapping[str, Any]]:
    """One Spark job of one task; a result for each candidate of the plan reaches the driver."""
    from pipeline.evaluation import confusion, exact, histogram
    from pipeline.learners import least_squares, softmax, split_matrix
    from pipeline.tuning.runners import task_memory, task_results, vector_task

    for module in (
        confusion,
        exact,
        histogram,
        least_squares,
        softmax,
        split_matrix,
        task_memory,
        task_results,
        vector_task,
    ):
        # Workers unpickle the task without importing this package, which they may not have.
        cloudpickle.register_pickle_by_value(module)
    task = vector_task.trials_task(plan)
    found = task_rows(fold, share).mapInArrow(task, task_results.RESULT_DDL).collect()
    return [row.asDict() for row in found]


def task_rows(fold: PreparedFold, share: float) -> DataFrame:
    """The rows as the task reads them, in one partition: it sorts them itself, so nothing is shuffled."""
    assert fold.parts is not None
    assert fold.prefix.parts is not None
    rows = fold.parts.where(~F.col(VALIDATION))
    if share < 1:
        rows = rows.where(F.col(JUDGE) | in_share(share))
    return rows.select(
        *fold.prefix.parts.numbers,
        *[F.col(name).cast("int") for name in fold.prefix.parts.codes],
        F.col(LABEL).cast("double"),
        F.col(ACTUAL).cast("double").alias("actual"),
        (F.col(WEIGHT).cast("double") if fold.target.weighted else F.lit(1.0)).alias("weight"),
        F.col(ORDER).alias("order"),
        F.col(JUDGE).alias("judges"),
    ).coalesce(1)


def _fits(fold: PreparedFold, share: float, slots: int) -> bool:
    context = fold.context
    needed = estimated_bytes(fold, share)
    return place(needed, slots, context.local_memory_bytes, context.placement) == "local"


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
        estimated_bytes=estimated_bytes(fold, share),
        used_bytes=result["used_bytes"],
        seconds=sum(parts.values()),
        parts=parts,
    )
