"""The rows that judge two models, and both models applied to them."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.tracking import TrainingRecord
from pipeline.tuning.folds import split_of
from pipeline.tuning.splits import stored_split

ACTUAL = "__actual"


def held_out(rows: DataFrame, *records: TrainingRecord) -> DataFrame:
    """The labelled rows that are test rows under the split of every record."""
    kept = rows.where(F.col(_quoted(records[0].label)).isNotNull())
    for record in records:
        kept = kept.where(split_of(record.key, stored_split(record.split)) == "test")
    return kept


def with_predictions(
    rows: DataFrame, models: Mapping[str, tuple[PipelineModel, TrainingRecord]], label: str
) -> DataFrame:
    """The label as `ACTUAL`, and per model a struct of what it says, named as in `models`.

    Between two models only raw columns are kept: both add columns of the same names.
    """
    raw = list(dict.fromkeys(name for _, record in models.values() for name in record.input_columns))
    kept = [F.col(_quoted(name)) for name in raw]
    rows = rows.select(*kept, F.col(_quoted(label)).alias(ACTUAL))
    done: list[str] = []
    for name, (model, record) in models.items():
        said = F.struct(*record.outputs).alias(name)
        rows = model.transform(rows).select(*kept, ACTUAL, *done, said)
        done.append(name)
    return rows.select(ACTUAL, *done)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
