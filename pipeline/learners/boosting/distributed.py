"""Training on all workers through xgboost.spark, with the same outcome as training in one task."""

from __future__ import annotations

import logging
import threading
import time
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

LOST_EXECUTOR = "ExecutorLostFailure"
"""What Spark says where an executor died under a barrier stage, which Spark itself does not start again."""

_ATTEMPTS = 3
_WAIT_FOR_SLOTS = 60.0
_SILENCE = 300
"""Seconds after which workers that hear nothing of each other give up."""

# Each takes all slots: a second barrier stage could only wait for the first.
_one_at_a_time = threading.Lock()

_LOGGERS = ("XGBoost-PySpark", "XGBoostPySpark", "SparkXGBRegressor")


def fit_distributed(frame: DataFrame, job: Job, workers: int) -> Fitted:
    """Train on a frame from `training_frame`, one barrier task per worker; fits wait for each other.

    When an executor is lost, the fit begins again with the slots there are then. Raises BadRowsError.
    """
    with _one_at_a_time:
        return _fit_or_again(frame, job, workers, _ATTEMPTS - 1)


def _fit_or_again(frame: DataFrame, job: Job, workers: int, attempts_left: int) -> Fitted:
    try:
        return _fit(frame, job, workers)
    except Exception as error:
        if not attempts_left or LOST_EXECUTOR not in str(error):
            raise
    workers = _slots_again(frame.sparkSession.sparkContext, workers)
    return _fit_or_again(frame, job, workers, attempts_left - 1)


def _slots_again(context: SparkContext, wanted: int) -> int:
    """The slots there are once as many as before are back, or have been waited for."""
    give_up_at = time.monotonic() + _WAIT_FOR_SLOTS
    time.sleep(1)  # until the lost executor no longer counts
    while slots(context) < wanted and time.monotonic() < give_up_at:
        time.sleep(0.5)
    return min(wanted, slots(context))


def _fit(frame: DataFrame, job: Job, workers: int) -> Fitted:
    """One fit, while the executors keep the frame.

    xgboost.spark asks for its partitions before it trains, and that alone computes everything.
    """
    # Not its classifier: that takes the number of classes from the rows, which may lack one.
    from xgboost.collective import Config
    from xgboost.spark import SparkXGBRegressor

    for name in _LOGGERS:  # at INFO they print parameters on stderr
        logging.getLogger(name).setLevel(logging.ERROR)
    names = frame.columns[: job.features]
    bounded = frame.select(*map(_bounded, names), *frame.columns[job.features :])
    held = in_order(bounded, workers).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        validate_frame(held, job)
        model = SparkXGBRegressor(
            features_col=names, num_workers=workers, coll_cfg=Config(timeout=_SILENCE), **_arguments(job)
        ).fit(held)
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
