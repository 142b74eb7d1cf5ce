"""Training on all workers through xgboost.spark, with the same outcome as training in one task."""

from __future__ import annotations

import logging
from typing import Any

from pyspark import SparkContext, StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.learners.boosting.frame import LABEL, VALIDATION, WEIGHT, in_order
from pipeline.learners.boosting.native import (
    LARGEST,
    NO_ROWS,
    NO_VALIDATION,
    BadRowsError,
    Fitted,
    Job,
    no_class,
    save,
    stopped_early,
)

_LOGGERS = ("XGBoost-PySpark", "XGBoostPySpark", "SparkXGBRegressor")


def fit_distributed(frame: DataFrame, job: Job, workers: int) -> Fitted:
    """Train on a frame from `training_frame`, one barrier task per worker.

    The executors keep the frame meanwhile: xgboost.spark asks for its partitions before it trains, and that
    alone computes everything. Raises BadRowsError.
    """
    # Not its classifier: that takes the number of classes from the rows, which may lack one.
    from xgboost.spark import SparkXGBRegressor

    for name in _LOGGERS:  # at INFO they print parameters on stderr
        logging.getLogger(name).setLevel(logging.ERROR)
    names = frame.columns[: job.features]
    bounded = frame.select(*map(_bounded, names), *frame.columns[job.features :])
    held = in_order(bounded, workers).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        validate_frame(held, job)
        model = SparkXGBRegressor(features_col=names, num_workers=workers, **_arguments(job)).fit(held)
    finally:
        held.unpersist()
    booster = model.get_booster()
    if job.early_stopping_rounds is None:
        return Fitted(save(booster))
    history = model.training_summary.validation_objective_history
    return stopped_early(booster, next(iter(history.values())))


def slots(context: SparkContext) -> int:
    """Tasks that can run at once: a barrier stage with more of them would never start."""
    scala_context: Any = context._jsc.sc()
    profile = scala_context.resourceProfileManager().resourceProfileFromId(0)
    return max(1, int(scala_context.maxNumConcurrentTasks(profile)))


def validate_frame(frame: DataFrame, job: Job) -> None:
    """Raise BadRowsError in the words of `native.validate_rows`; one row of counts reaches the driver."""
    stopping = job.early_stopping_rounds is not None
    held_out = F.col(VALIDATION) if stopping else F.lit(False)
    weight = F.col(WEIGHT) if job.weighted else F.lit(1.0)
    is_class = F.col(LABEL).isin(*map(float, range(job.classes))) if job.classes else F.lit(True)
    counts = frame.agg(
        F.count_if(~held_out).alias("training"),
        F.count_if(held_out).alias("validation"),
        F.count_if(~_is_finite(F.col(LABEL))).alias("labels"),
        F.count_if(~is_class).alias("strangers"),
        F.count_if(~_is_finite(weight) | (weight < 0)).alias("weights"),
        F.count_if(~held_out & (weight > 0)).alias("weighted"),
    ).head()
    assert counts is not None  # an aggregate without groups has one row
    rows = counts["training"] + counts["validation"]
    if counts["training"] == 0:
        raise BadRowsError(NO_ROWS)
    if stopping and counts["validation"] == 0:
        raise BadRowsError(NO_VALIDATION)
    if counts["labels"]:
        raise BadRowsError(
            f"the label of {counts['labels']:,} of {rows:,} rows is missing, infinite or too large"
        )
    if counts["strangers"]:
        raise BadRowsError(no_class(counts["strangers"], rows, job.classes))
    if counts["weights"]:
        raise BadRowsError(
            f"the weight of {counts['weights']:,} of {rows:,} rows is missing, infinite or negative"
        )
    if counts["weighted"] == 0:
        raise BadRowsError(f"the weight of all {rows:,} rows is 0")


def _arguments(job: Job) -> dict[str, Any]:
    params = {name: value for name, value in job.params.items() if name not in ("seed", "nthread")}
    optional = {
        "feature_types": job.feature_types,
        "weight_col": WEIGHT if job.weighted else None,
        "validation_indicator_col": VALIDATION if job.early_stopping_rounds is not None else None,
        "early_stopping_rounds": job.early_stopping_rounds,
    }
    return {
        **params,
        **job.objective,
        **{name: value for name, value in optional.items() if value is not None},
        "label_col": LABEL,
        "n_estimators": job.rounds,
        "random_state": job.params["seed"],
        "tree_method": "hist",
        "verbosity": 0,
        "verbose": False,
    }


def _is_finite(column: Column) -> Column:
    """False for null, NaN (which Spark takes for larger than infinity) and infinity."""
    return F.coalesce(F.abs(column) < float("inf"), F.lit(False))


def _bounded(name: str) -> Column:
    column = F.col(name)
    bounded = F.when(column.isNull() | F.isnan(column), None).otherwise(
        F.greatest(F.least(column, F.lit(LARGEST)), F.lit(-LARGEST))
    )
    return bounded.cast("float").alias(name)
