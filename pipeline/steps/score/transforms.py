"""Which rows are to be scored, and what a prediction's row looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.tracking import ModelVersion, TrainingRecord
from pipeline.tuning.folds import split_of
from pipeline.tuning.splits import stored_split

BATCH = "_batch_id"


def is_to_score(
    record: TrainingRecord, wanted: Literal["new", "unlabelled", "all"], scored_to: int | None
) -> Column:
    """The condition for the rows of a features table that a model version has to predict.

    `scored_to` is the newest features batch it has scored, None before the first time. A row's `_batch_id` is
    the batch that brought or last changed it, so no predictions are looked up. The first time, `new` leaves
    out what the model was fitted on: labelled train and validation rows of the batches it was trained on.
    """
    batch = F.col(BATCH)
    label = F.col(quoted(record.label))
    if scored_to is not None:
        rows = batch > scored_to
    elif wanted == "all":
        rows = F.lit(True)
    else:
        in_split = split_of(record.key, stored_split(record.split))
        was_fitted = F.coalesce(in_split.isin("train", "validation"), F.lit(False))
        rows = (batch > record.features_batch) | label.isNull() | ~was_fitted
    return rows & label.isNull() if wanted == "unlabelled" else rows


def prediction_rows(
    predicted: DataFrame,
    kept: Sequence[str],
    said: Sequence[str],
    version: ModelVersion,
    input_version: int,
    scored_at: datetime,
) -> DataFrame:
    """The kept columns, what the model says, and where it comes from; `model_version` is an integer."""
    return predicted.select(
        *[F.col(quoted(name)) for name in kept],
        *said,
        F.lit(version.name).alias("model_name"),
        F.lit(version.version).cast("int").alias("model_version"),
        F.lit(version.run_id).alias("run_id"),
        F.lit(input_version).cast("bigint").alias("input_version"),
        F.lit(scored_at).cast("timestamp").alias("scored_at"),
    )


def is_changed(kept: Sequence[str], said: Mapping[str, str]) -> str:
    """The condition, over `new` and `old`, under which a prediction made before is written again.

    `said` are the model's columns, name → Spark type.
    """
    same = [f"new.{quoted(name)} <=> old.{quoted(name)}" for name in kept]
    for name, kind in said.items():
        # Spark does not compare maps.
        new, old = (f"{side}.{name}" for side in ("new", "old"))
        pair = (f"map_entries({new})", f"map_entries({old})") if kind.startswith("map") else (new, old)
        same.append(" <=> ".join(pair))
    return f"NOT ({' AND '.join(same)})"


def quoted(column: str) -> str:
    """A column's name as SQL reads it."""
    return "`" + column.replace("`", "``") + "`"
