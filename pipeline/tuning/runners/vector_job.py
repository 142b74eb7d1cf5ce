"""One Spark job of one task over the rows that linear fits read: what it is told, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.config.task import METRICS
from pipeline.learners import get_learner
from pipeline.learners.base import FitContext
from pipeline.learners.least_squares import MOST_FEATURES, Penalty
from pipeline.preprocessing.prefix import Parts, Prefix
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.placement import place
from pipeline.tuning.rows import ACTUAL, LABEL, ORDER, WEIGHT
from pipeline.tuning.target import Target

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.tuning.runners.vector_task import Kind, Plan

    Batches = Iterator[pa.RecordBatch]

_FEWEST_STEPS, _LOOSEST = 100, 1e-4
"""With fewer steps, or a looser tolerance, Spark stops before the optimum, and that is another model."""

_NUMBER, _CODE, _ROW, _ROW_AND_CLASS, _TASK = 9, 48, 100, 64, 5_000_000


def is_on_path(candidate: Candidate, width: int) -> bool:
    """Whether the candidate is a linear regression that the normal equations of so many features solve."""
    if candidate.learner != "linear_regression" or width > MOST_FEATURES:
        return False
    params = get_learner(candidate.learner).complete(candidate.params)
    return 0 in (params["elasticNetParam"], params["regParam"])


def has_optimum(candidate: Candidate) -> bool:
    """Whether a logistic regression has one optimum, which Spark's own fit would get near to."""
    if candidate.learner != "logistic_regression":
        return False
    params = get_learner(candidate.learner).complete(candidate.params)
    is_smooth = params["elasticNetParam"] == 0 and params["regParam"] > 0
    return bool(is_smooth and params["maxIter"] >= _FEWEST_STEPS and params["tol"] <= _LOOSEST)


def penalty_of(candidate: Candidate) -> Penalty:
    """A candidate's parameters, the defaults filled in."""
    params = get_learner(candidate.learner).complete(candidate.params)
    return Penalty(params["regParam"], params["fitIntercept"], params["standardization"])


def estimated_bytes(prefix: Prefix, context: FitContext, rows: int) -> int:
    """What `vector_bytes` says of so many rows behind a prefix."""
    parts = parts_of(prefix)
    return vector_bytes(rows, len(parts.numbers), len(parts.codes), context.classes, prefix.width)


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


def fits_a_task(prefix: Prefix, context: FitContext, rows: int, slots: int) -> bool:
    """Whether so many rows go to one task."""
    needed = estimated_bytes(prefix, context, rows)
    return place(needed, slots, context.local_memory_bytes, context.placement) == "local"


def make_plan(
    kind: Kind,
    candidates: Sequence[Candidate],
    prefix: Prefix,
    target: Target,
    context: FitContext,
    rows: float,
) -> Plan:
    """What the task is told; about so many rows will come."""
    from pipeline.tuning.runners.vector_task import Plan

    parts = parts_of(prefix)
    return Plan(
        kind,
        tuple((candidate.number, penalty_of(candidate)) for candidate in candidates),
        len(parts.numbers),
        parts.sizes,
        context.classes,
        METRICS[context.task],
        log1p=getattr(target, "transform", "none") == "log1p",
        expected_rows=int(rows * 1.02) + 1,
    )


def run_trials(plan: Plan, rows: DataFrame) -> Sequence[Mapping[str, Any]]:
    """A result for each candidate of the plan; `rows` are `task_rows`."""
    from pipeline.tuning.runners import task_results, vector_task

    return _run(vector_task.trials_task(plan), task_results.RESULT_DDL, rows)


def run_fit(plan: Plan, rows: DataFrame) -> Mapping[str, Any]:
    """The model of the plan's one candidate, by `MODEL_DDL`; `rows` are `task_rows`, none of which judges."""
    from pipeline.tuning.runners import vector_task

    (found,) = _run(vector_task.model_task(plan), vector_task.MODEL_DDL, rows) or ({"left": "no rows"},)
    return found


def _run(task: Callable[[Batches], Batches], answers: str, rows: DataFrame) -> Sequence[Mapping[str, Any]]:
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
    return [row.asDict() for row in rows.mapInArrow(task, answers).collect()]


def task_rows(rows: DataFrame, parts: Parts, target: Target, judges: Column) -> DataFrame:
    """The rows as the task reads them, in one partition: it sorts them itself, so nothing is shuffled."""
    return rows.select(
        *parts.numbers,
        *[F.col(name).cast("int") for name in parts.codes],
        F.col(LABEL).cast("double"),
        F.col(ACTUAL).cast("double").alias("actual"),
        (F.col(WEIGHT).cast("double") if target.weighted else F.lit(1.0)).alias("weight"),
        F.col(ORDER).alias("order"),
        judges.alias("judges"),
    ).coalesce(1)


def parts_of(prefix: Prefix) -> Parts:
    """What a linear learner's vector is put together from. Raises TypeError for another family's prefix."""
    if prefix.parts is None:
        raise TypeError("only linear learners read parts of vectors")
    return prefix.parts
