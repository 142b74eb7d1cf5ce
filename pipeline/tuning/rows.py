"""The rows that tune: labelled, outside the test split, with their fold, as one cached frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.folds import fold_of, inner_validation_of, split_of

SPLIT = "__split"
FOLD = "__fold"
INNER = "__inner"
LABEL = "__label"
ACTUAL = "__actual"
ORDER = "__order"


@dataclass(frozen=True)
class LabelFacts:
    """What one aggregation over the labelled rows tells: counts by split and fold, and the label's range."""

    unlabelled: int
    splits: dict[str, int]
    folds: tuple[int, ...]
    lowest: float
    highest: float
    not_finite: int
    median: float
    """Of the train and validation rows: what the baseline predicts."""

    @property
    def fitted(self) -> int:
        """The rows of the last fit: train and validation."""
        return self.splits["train"] + self.splits["validation"]


def to_label(label: Column, transform: str) -> Column:
    """The label as learners see it."""
    return F.log1p(label) if transform == "log1p" else label


def from_label(prediction: str, transform: str) -> str:
    """SQL that brings a prediction back to the label's own unit."""
    return f"expm1({prediction})" if transform == "log1p" else prediction


def with_splits(rows: DataFrame, config: Config, inputs: Sequence[str] = ()) -> DataFrame:
    """Rows, labelled or not, with split, fold, label and a fixed order; only `inputs` and these remain."""
    key = config.key
    actual = F.col(f"`{config.features.label}`").cast("double")
    order = F.xxhash64(*[F.col(f"`{name}`").cast("string") for name in key])
    kept = [F.col(f"`{name}`") for name in inputs]
    return rows.select(
        *kept,
        split_of(key, config.split).alias(SPLIT),
        fold_of(key, config.split, max(config.train.folds, 1)).alias(FOLD),
        inner_validation_of(key, config.split).alias(INNER),
        actual.alias(ACTUAL),
        to_label(actual, config.train.label_transform).alias(LABEL),
        order.alias(ORDER),
    )


def label_facts(rows: DataFrame, folds: int) -> LabelFacts:
    """Counts and ranges of `with_splits` rows, from one job whose result is one row."""
    fitting = F.col(SPLIT) != "test"
    has_label = F.col(ACTUAL).isNotNull()
    finite = has_label & ~F.isnan(ACTUAL) & (F.abs(F.col(ACTUAL)) != float("inf"))
    parts = [
        F.count_if(~has_label).alias("unlabelled"),
        F.count_if(has_label & ~finite).alias("not_finite"),
        F.min(F.when(finite, F.col(ACTUAL))).alias("lowest"),
        F.max(F.when(finite, F.col(ACTUAL))).alias("highest"),
        F.percentile_approx(F.when(finite & fitting, F.col(ACTUAL)), 0.5, 10_000).alias("median"),
        *[
            F.count_if(finite & (F.col(SPLIT) == split)).alias(split)
            for split in ("train", "validation", "test")
        ],
        *[
            F.count_if(finite & (F.col(SPLIT) == "train") & (F.col(FOLD) == fold)).alias(f"fold_{fold}")
            for fold in range(folds)
        ],
    ]
    found = rows.agg(*parts).first()
    assert found is not None  # an aggregation without groups has one row

    def number(name: str) -> float:
        return float("nan") if found[name] is None else float(found[name])

    return LabelFacts(
        unlabelled=found["unlabelled"],
        splits={split: found[split] for split in ("train", "validation", "test")},
        folds=tuple(found[f"fold_{fold}"] for fold in range(folds)),
        lowest=number("lowest"),
        highest=number("highest"),
        not_finite=found["not_finite"],
        median=number("median"),
    )


def validate_label_type(schema: T.StructType, config: Config) -> None:
    """Raise ConfigError when the label's column is missing or is not a number."""
    label = config.features.label
    if label not in schema.names:
        raise ConfigError(
            f"features.label: there is no column '{label}' in the features. "
            f"Columns there: {', '.join(schema.names)}."
        )
    kind = schema[label].dataType
    if not isinstance(kind, (T.NumericType, T.BooleanType)):
        raise ConfigError(
            f"features.label: '{label}' is {kind.simpleString().upper()}; "
            f"task {config.task} predicts a number. "
            "Choose a number column, or give it a type: `sources.<name>.types: {" + label + ": DOUBLE}`."
        )


def validate_label(facts: LabelFacts, config: Config) -> None:
    """Raise when these rows cannot train: DataRefused for the label, ConfigError for splits and folds."""
    label, train = config.features.label, config.train
    labelled = sum(facts.splits.values())
    if facts.not_finite:
        raise DataRefused(
            f"features.label: {facts.not_finite:,} rows hold NaN or infinity in '{label}'. "
            f"Quarantine them with a rule such as \"abs({label}) < double('Infinity')\"."
        )
    if labelled == 0:
        raise DataRefused(
            f"features.label: '{label}' has no value in any of {facts.unlabelled:,} rows; "
            "nothing can be learned. "
            "Check the column's name, sources.*.nulls and the quarantine (`pipeline show quarantine`)."
        )
    if facts.lowest == facts.highest:
        raise DataRefused(
            f"features.label: '{label}' is {facts.lowest:g} in all {labelled:,} labelled rows; "
            "nothing can be learned."
        )
    if train.label_transform == "log1p" and facts.lowest <= -1:
        raise ConfigError(
            f"train.label_transform: log1p needs labels above -1, '{label}' goes down to {facts.lowest:g}. "
            "Use `none`, or quarantine those rows with a rule."
        )
    _validate_counts(facts, config)


def _validate_counts(facts: LabelFacts, config: Config) -> None:
    counted = ", ".join(f"{split} {count:,}" for split, count in facts.splits.items())
    judged = facts.splits["train"] if config.train.folds else facts.splits["validation"]
    if config.train.folds > judged:
        raise ConfigError(
            f"train.folds is {config.train.folds}, more than the {judged:,} labelled training rows "
            f"(rows by split: {counted}). Use fewer folds, or more data."
        )
    if not config.train.folds and (judged == 0 or facts.splits["train"] == 0):
        raise ConfigError(
            f"train.folds is 0, so the validation rows judge, but the rows by split are: {counted}. "
            "Raise split.validation, or use folds."
        )
    for fold, count in enumerate(facts.folds):
        if count == 0:
            raise ConfigError(
                f"train.folds: fold {fold + 1} of {config.train.folds} has no row "
                f"(rows by split: {counted}). "
                "Use fewer folds, another split.salt, or more data."
            )
    if facts.splits["test"] == 0:
        raise ConfigError(
            f"split.test: no row fell into it (rows by split: {counted}). Raise it, or bring more data."
        )
