"""The rows that tune, with their split, fold and an order: one frame, whatever the task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.folds import fold_of, inner_validation_of, split_of, too_near_of

SPLIT = "__split"
FOLD = "__fold"
INNER = "__inner"
TOO_NEAR = "__too_near"
"""By time: how many folds the row is too late for, or too near to their judges, to be fitted in."""
VALUE = "__value"
"""The label as it is in the features table."""
WEIGHT = "__weight"
ORDER = "__order"
LABEL = "__label"
"""The label as learners see it: a number, transformed, or a class's place."""
ACTUAL = "__actual"
"""The label as metrics see it: a number in its own unit, or a class's place."""

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class RowCounts:
    """How many labelled rows there are, by split and by fold, and how many without a label."""

    unlabelled: int
    splits: dict[str, int]
    folds: tuple[int, ...]
    bad_weights: int = 0
    """Labelled rows whose weight is missing, negative or not finite."""

    @property
    def labelled(self) -> int:
        """All rows with a label."""
        return sum(self.splits.values())

    @property
    def fitted(self) -> int:
        """The rows of the last fit: train and validation."""
        return self.splits["train"] + self.splits["validation"]


def with_splits(rows: DataFrame, config: Config, inputs: Sequence[str] = ()) -> DataFrame:
    """Rows, labelled or not, with split, fold and a fixed order; only `inputs` and these remain."""
    key = config.key
    order = F.xxhash64(*[F.col(f"`{name}`").cast("string") for name in key])
    weight = config.features.weight
    return rows.select(
        *[F.col(f"`{name}`") for name in inputs],
        split_of(key, config.split).alias(SPLIT),
        fold_of(key, config.split, max(config.train.folds, 1)).alias(FOLD),
        inner_validation_of(key, config.split).alias(INNER),
        too_near_of(config.split).alias(TOO_NEAR),
        F.col(f"`{config.features.label}`").alias(VALUE),
        *([] if weight is None else [F.col(f"`{weight}`").cast("double").alias(WEIGHT)]),
        order.alias(ORDER),
    )


def count_columns(labelled: Column, folds: int, *, weighted: bool) -> list[Column]:
    """Aggregates over `with_splits` rows that `row_counts` reads; `labelled` says which rows count."""
    fold = labelled & (F.col(SPLIT) == "train")
    columns = [F.count_if(labelled & (F.col(SPLIT) == split)).alias(split) for split in SPLITS]
    columns += [F.count_if(fold & (F.col(FOLD) == place)).alias(f"fold_{place}") for place in range(folds)]
    if weighted:
        weight = F.col(WEIGHT)
        usable = weight.isNotNull() & (weight >= 0) & (weight < float("inf"))  # NaN is above infinity
        columns.append(F.count_if(labelled & ~usable).alias("bad_weights"))
    return columns


def validate_weight(schema: T.StructType, config: Config) -> None:
    """Raise ConfigError when the weight is missing or is not a number."""
    weight = config.features.weight
    if weight is None:
        return
    where = config.where("features.weight")
    if weight not in schema.names:
        known = ", ".join(name for name in schema.names if not name.startswith("_"))
        raise ConfigError(
            f"{where}: features.weight: there is no column '{weight}' in the features. "
            f"Columns there: {known}."
        )
    if not isinstance(schema[weight].dataType, T.NumericType):
        kind = schema[weight].dataType.simpleString().upper()
        raise ConfigError(f"{where}: features.weight: '{weight}' is {kind}; a weight is a number.")


def validate_counts(counts: RowCounts, config: Config) -> None:
    """Raise when these rows cannot train: DataRefused for label and weight, ConfigError for the split."""
    label, folds = config.features.label, config.train.folds
    if counts.labelled == 0:
        raise DataRefused(
            f"features.label: '{label}' has no value in any of {counts.unlabelled:,} rows; "
            "nothing can be learned. "
            "Check the column's name, sources.*.nulls and the quarantine (`pipeline show quarantine`)."
        )
    if counts.bad_weights:
        weight = config.features.weight
        raise DataRefused(
            f"features.weight: {counts.bad_weights:,} labelled rows have no usable weight in '{weight}'. "
            f'Quarantine them with a rule such as "{weight} >= 0", or derive the weight with coalesce.'
        )
    counted = ", ".join(f"{split} {count:,}" for split, count in counts.splits.items())
    judged = counts.splits["train"] if folds else counts.splits["validation"]
    if folds > judged:
        raise ConfigError(
            f"train.folds is {folds}, more than the {judged:,} labelled training rows "
            f"(rows by split: {counted}). Use fewer folds, or more data."
        )
    if not folds and (judged == 0 or counts.splits["train"] == 0):
        raise ConfigError(
            f"train.folds is 0, so the validation rows judge, but the rows by split are: {counted}. "
            "Raise split.validation, or use folds."
        )
    for place, count in enumerate(counts.folds):
        if count == 0:
            salt = "another split.salt, " if config.split.by in ("hash", "group") else ""
            together = (
                f" Rows of one {', '.join(config.split.group)} stay together, and every fold needs some."
                if config.split.group
                else ""
            )
            raise ConfigError(
                f"train.folds: fold {place + 1} of {folds} has no row (rows by split: {counted}).{together} "
                f"Use fewer folds, {salt}or more data."
            )
    if counts.splits["test"] == 0:
        raise ConfigError(
            f"split.test: no row fell into it (rows by split: {counted}). Raise it, or bring more data."
        )
