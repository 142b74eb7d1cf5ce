"""A number as the label: regression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.evaluation.regression import evaluate
from pipeline.evaluation.residuals import residuals
from pipeline.tuning.rows import (
    ACTUAL,
    LABEL,
    SPLIT,
    SPLITS,
    VALUE,
    RowCounts,
    count_columns,
    validate_counts,
)
from pipeline.tuning.target import Answer, Measured, Metrics, Target


@dataclass(frozen=True)
class NumberFacts:
    """What one aggregation over the labelled rows tells of a number."""

    counts: RowCounts
    lowest: float
    highest: float
    not_finite: int
    median: float
    """Of the train and validation rows: what the baseline predicts."""


@dataclass(frozen=True)
class NumberTarget(Target):
    """A number, fitted as it is or as log(1 + number)."""

    task = "regression"
    kind = "double"
    counts: RowCounts
    median: float
    transform: str = "none"
    weights: bool = False

    @property
    def weighted(self) -> bool:
        """With `features.weight`."""
        return self.weights

    def encode(self, rows: DataFrame) -> DataFrame:
        """The number as a double, and what is fitted."""
        actual = F.col(VALUE).cast("double")
        return rows.withColumns({ACTUAL: actual, LABEL: to_label(actual, self.transform)}).drop(VALUE)

    def outside(self, fitted: T.StructType) -> tuple[str, ...]:  # noqa: ARG002 - a number is a number
        """The prediction in the label's own unit."""
        return (f"{from_label('prediction', self.transform)} AS prediction",)

    def measure_trials(self, judged: DataFrame, answers: Mapping[str, Answer]) -> Mapping[str, Metrics]:
        """Metrics in the label's own unit."""
        predictions = {
            name: F.expr(from_label(answer.prediction, self.transform)) for name, answer in answers.items()
        }
        return evaluate(judged, predictions, ACTUAL)

    def measure_test(self, predicted: DataFrame) -> Measured:
        """Beside the median of the rows that were fitted; with residuals to draw."""
        # Three aggregations read the predictions, which are to be made once.
        rows = predicted.select(ACTUAL, "prediction").persist(StorageLevel.MEMORY_AND_DISK)
        try:
            found = evaluate(rows, {"model": "prediction", "baseline": F.lit(self.median)}, ACTUAL)
            return Measured(found["model"], found["baseline"], residuals(rows, "prediction", ACTUAL))
        finally:
            rows.unpersist()


def number_target(rows: DataFrame, config: Config) -> NumberTarget:
    """The target of `with_splits` rows, from one job. Raises as `validate_number` does."""
    found = number_facts(rows, config.train.folds, weighted=config.features.weight is not None)
    validate_number(found, config)
    return NumberTarget(
        found.counts, found.median, config.train.label_transform, config.features.weight is not None
    )


def to_label(label: Column, transform: str) -> Column:
    """The label as learners see it."""
    return F.log1p(label) if transform == "log1p" else label


def from_label(prediction: str, transform: str) -> str:
    """SQL that brings a prediction back to the label's own unit."""
    return f"expm1({prediction})" if transform == "log1p" else prediction


def number_facts(rows: DataFrame, folds: int, *, weighted: bool = False) -> NumberFacts:
    """Counts and ranges of `with_splits` rows, from one job whose result is one row."""
    actual = F.col(VALUE).cast("double")
    has_label = actual.isNotNull()
    finite = has_label & ~F.isnan(actual) & (F.abs(actual) != float("inf"))
    parts = [
        F.count_if(~has_label).alias("unlabelled"),
        F.count_if(has_label & ~finite).alias("not_finite"),
        F.min(F.when(finite, actual)).alias("lowest"),
        F.max(F.when(finite, actual)).alias("highest"),
        F.percentile_approx(F.when(finite & (F.col(SPLIT) != "test"), actual), 0.5, 10_000).alias("median"),
        *count_columns(finite, folds, weighted=weighted),
    ]
    found = rows.agg(*parts).first()
    assert found is not None  # an aggregation without groups has one row

    def number(name: str) -> float:
        return float("nan") if found[name] is None else float(found[name])

    counts = RowCounts(
        unlabelled=found["unlabelled"],
        splits={split: found[split] for split in SPLITS},
        folds=tuple(found[f"fold_{fold}"] for fold in range(folds)),
        bad_weights=found["bad_weights"] if weighted else 0,
    )
    return NumberFacts(counts, number("lowest"), number("highest"), found["not_finite"], number("median"))


def validate_number_type(kind: T.DataType, config: Config) -> None:
    """Raise ConfigError when the label is not a number."""
    label = config.features.label
    if not isinstance(kind, (T.NumericType, T.BooleanType)):
        raise ConfigError(
            f"features.label: '{label}' is {kind.simpleString().upper()}; "
            f"task {config.task} predicts a number. "
            "Choose a number column, give it a type (`sources.<name>.types: {" + label + ": DOUBLE}`), "
            "or write task: binary or multiclass."
        )


def validate_number(found: NumberFacts, config: Config) -> None:
    """Raise when these rows cannot train: DataRefused for the label, ConfigError for splits and folds."""
    label, counts = config.features.label, found.counts
    if found.not_finite:
        raise DataRefused(
            f"features.label: {found.not_finite:,} rows hold NaN or infinity in '{label}'. "
            f"Quarantine them with a rule such as \"abs({label}) < double('Infinity')\"."
        )
    if counts.labelled and found.lowest == found.highest:
        raise DataRefused(
            f"features.label: '{label}' is {found.lowest:g} in all {counts.labelled:,} labelled rows; "
            "nothing can be learned."
        )
    if config.train.label_transform == "log1p" and found.lowest <= -1:
        raise ConfigError(
            f"train.label_transform: log1p needs labels above -1, '{label}' goes down to {found.lowest:g}. "
            "Use `none`, or quarantine those rows with a rule."
        )
    validate_counts(counts, config)
