"""The rows that judge two models, and both models applied to them."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.config.features import Split
from pipeline.tracking import TrainingRecord
from pipeline.tuning.folds import split_of

ACTUAL = "__actual"


def held_out(rows: DataFrame, *records: TrainingRecord) -> DataFrame:
    """The labelled rows that are test rows under the split of every record."""
    kept = rows.where(F.col(_quoted(records[0].label)).isNotNull())
    for record in records:
        kept = kept.where(split_of(record.key, Split.model_validate(dict(record.split))) == "test")
    return kept


def with_predictions(
    rows: DataFrame, models: Mapping[str, tuple[PipelineModel, TrainingRecord]], label: str
) -> DataFrame:
    """The label as `ACTUAL`, and one prediction column per model, named as in `models`.

    Between two models only raw columns are kept: both add columns of the same names.
    """
    raw = list(dict.fromkeys(name for _, record in models.values() for name in record.input_columns))
    kept = [F.col(_quoted(name)) for name in raw]
    rows = rows.select(*kept, F.col(_quoted(label)).cast("double").alias(ACTUAL))
    done: list[str] = []
    for name, (model, _) in models.items():
        rows = model.transform(rows).select(*kept, ACTUAL, *done, F.col("prediction").alias(name))
        done.append(name)
    return rows.select(ACTUAL, *done)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
