"""A linear winner fitted on all rows in one Spark task: by the solver of its trials, with one reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.ml import Estimator, Model
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.learners.base import FitContext
from pipeline.preprocessing.prefix import Prefix
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.runners.boosted import LOST
from pipeline.tuning.runners.spark_models import linear_model, logistic_model
from pipeline.tuning.runners.vector_job import (
    fits_a_task,
    has_optimum,
    is_on_path,
    make_plan,
    parts_of,
    run_fit,
    task_rows,
)
from pipeline.tuning.target import Target

if TYPE_CHECKING:
    from pipeline.tuning.runners.vector_task import Kind


def fit_whole(
    estimator: Estimator[Any],
    candidate: Candidate,
    prefix: Prefix,
    rows: DataFrame,
    target: Target,
    context: FitContext,
) -> Model | None:
    """What `estimator`, the candidate's, would fit on the prefix's columns of `rows`, encoded by `target`.

    None where that is for Spark: another learner, more rows than go to one task, no single optimum, a task
    that was lost. The rows are sorted in the task, so behind one prefix the model is the same to the last
    digit however they are partitioned.
    """
    kind = _kind(candidate, prefix)
    slots = max(1, rows.sparkSession.sparkContext.defaultParallelism)
    count = target.counts.fitted
    if kind is None or not fits_a_task(prefix, context, count, slots):
        return None
    parts = parts_of(prefix)
    plan = make_plan(kind, [candidate], prefix, target, context, count)
    try:
        found = run_fit(plan, task_rows(parts.transform(rows), parts, target, F.lit(False)))
    except Exception as error:
        if not any(sign in str(error) for sign in LOST):
            raise
        return None
    if found["left"] is not None:
        return None
    coefficients, intercepts = found["coefficients"], found["intercepts"]
    model: Model = (
        linear_model(estimator.uid, coefficients, intercepts[0])
        if kind == "ridge"
        else logistic_model(estimator.uid, coefficients, intercepts, context.classes)
    )
    return estimator._copyValues(model)


def _kind(candidate: Candidate, prefix: Prefix) -> Kind | None:
    if is_on_path(candidate, prefix.width):
        return "ridge"
    return "softmax" if has_optimum(candidate) else None
