"""Classes as the label: binary and multiclass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.config.task import Task
from pipeline.errors import ConfigError, DataRefused
from pipeline.evaluation.baseline import class_baseline
from pipeline.evaluation.class_measures import ClassMeasures
from pipeline.evaluation.classes import ClassPrediction, evaluate_classes, is_small
from pipeline.learners.class_metadata import with_class_metadata
from pipeline.tuning.class_folds import validate_class_folds
from pipeline.tuning.class_labels import ClassLabels, inside_shares
from pipeline.tuning.positive import positive_class
from pipeline.tuning.rows import (
    ACTUAL,
    LABEL,
    SPLITS,
    VALUE,
    WEIGHT,
    RowCounts,
    count_columns,
    validate_counts,
)
from pipeline.tuning.target import Answer, Measured, Metrics, Target

MOST_CLASSES = 256
"""More are taken for a number, or an id: every class costs each row a probability."""


@dataclass(frozen=True)
class ClassTarget(Target):
    """One of two or more classes; learners see their places 0, 1, 2 …"""

    task: Task  # type: ignore[misc]  # of an instance here
    counts: RowCounts
    labels: ClassLabels
    fitted: tuple[int, ...]
    """Rows of each class among train and validation rows."""
    weights: bool = False
    balanced: bool = False
    classes: tuple[str, ...] = field(init=False)
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", self.labels.names)
        object.__setattr__(self, "kind", self.labels.kind)

    @property
    def weighted(self) -> bool:
        """With `features.weight`, or balanced classes."""
        return self.weights or self.balanced

    def encode(self, rows: DataFrame) -> DataFrame:
        """Each label's place, for metrics and learners alike."""
        place = self.labels.place(F.col(VALUE))
        encoded = rows.withColumns({ACTUAL: place, LABEL: place}).drop(VALUE)
        if self.balanced:
            shares = F.array(*map(F.lit, self._class_weights()))
            own = F.col(WEIGHT) if self.weights else F.lit(1.0)
            encoded = encoded.withColumn(WEIGHT, own * F.get(shares, F.col(ACTUAL).cast("int")))
        return with_class_metadata(encoded, LABEL, len(self.classes))

    def _class_weights(self) -> list[float]:
        """N / (K · n_c), as scikit-learn's `class_weight="balanced"`; a class without rows weighs nothing."""
        present = sum(1 for count in self.fitted if count)
        return [sum(self.fitted) / (present * count) if count else 0.0 for count in self.fitted]

    def outside(self, fitted: T.StructType) -> tuple[str, ...]:
        """The label itself, and its probability."""
        return (
            self.labels.prediction_sql(),
            self.labels.probability_sql(fitted["probability"].dataType),
        )

    def measure_trials(self, judged: DataFrame, answers: Mapping[str, Answer]) -> Mapping[str, Metrics]:
        """Metrics by places and probabilities as the learners give them."""
        predictions = {
            name: ClassPrediction(answer.prediction, inside_shares(judged.schema, answer.probability))
            for name, answer in answers.items()
        }
        return {name: found.metrics for name, found in self._measure(judged, predictions).items()}

    def measure_test(self, predicted: DataFrame) -> Measured:
        """Beside always saying the most frequent class, each with its frequency as probability."""
        model = ClassPrediction(
            self.labels.place(F.col("prediction")), self.labels.shares(F.col("probability"), self.classes)
        )
        found = self._measure(predicted, {"model": model, "baseline": class_baseline(self.fitted)})
        return Measured(found["model"].metrics, found["baseline"].metrics, found["model"])

    def _measure(
        self, rows: DataFrame, predictions: Mapping[str, ClassPrediction]
    ) -> Mapping[str, ClassMeasures]:
        exact = is_small(self.counts.labelled, len(self.classes))
        return evaluate_classes(rows, predictions, ACTUAL, len(self.classes), exact=exact)


def class_target(rows: DataFrame, kind: T.DataType, config: Config) -> ClassTarget:
    """The target of `with_splits` rows, from one job. Raises as `validate_classes` does."""
    weighted = config.features.weight is not None
    found, unlabelled = class_facts(rows, config.train.folds, weighted=weighted)
    validate_classes(found, unlabelled, config)
    names = in_order(found, kind)
    if config.task == "binary":
        positive = positive_class(names, config)
        names = tuple(sorted(names, key=lambda name: name == positive))
    return ClassTarget(
        config.task,
        _sum(found, unlabelled),
        ClassLabels(names, kind.simpleString()),
        tuple(found[name].fitted for name in names),
        weights=weighted,
        balanced=config.train.imbalance == "balanced",
    )


def class_facts(
    rows: DataFrame, folds: int, *, weighted: bool = False
) -> tuple[Mapping[str, RowCounts], int]:
    """Counts of `with_splits` rows by class, and the rows without a label, from one job.

    At most `MOST_CLASSES` + 1 classes are looked at.
    """
    label = F.col(VALUE).cast("string")
    counted = (
        rows.groupBy(label.alias("label"))
        .agg(F.count(F.lit(1)).alias("rows"), *count_columns(F.lit(True), folds, weighted=weighted))
        .orderBy(F.col("label").isNotNull())  # those without a label first: the limit must not cut them
        .limit(MOST_CLASSES + 2)
        .collect()
    )
    found = {
        row["label"]: RowCounts(
            unlabelled=0,
            splits={split: row[split] for split in SPLITS},
            folds=tuple(row[f"fold_{fold}"] for fold in range(folds)),
            bad_weights=row["bad_weights"] if weighted else 0,
        )
        for row in counted
        if row["label"] is not None
    }
    return found, sum(row["rows"] for row in counted if row["label"] is None)


def in_order(names: Sequence[str] | Mapping[str, object], kind: T.DataType) -> tuple[str, ...]:
    """Classes by value where they are numbers, otherwise by their text."""
    if isinstance(kind, T.NumericType):
        return tuple(sorted(names, key=float))
    return tuple(sorted(names))


def validate_class_type(kind: T.DataType, config: Config) -> None:
    """Raise ConfigError when the label cannot be a class."""
    if not isinstance(kind, (T.NumericType, T.BooleanType, T.StringType)):
        label = config.features.label
        raise ConfigError(
            f"features.label: '{label}' is {kind.simpleString().upper()}; "
            f"task {config.task} predicts a text, a whole number or true and false. "
            "Derive one of those in features.derive, and name it as the label."
        )


def validate_classes(found: Mapping[str, RowCounts], unlabelled: int, config: Config) -> None:
    """Raise when these rows cannot train: DataRefused for the label, ConfigError for task and split."""
    label, task = config.features.label, config.task
    counts = _sum(found, unlabelled)
    if len(found) > MOST_CLASSES:
        raise ConfigError(
            f"features.label: '{label}' has more than {MOST_CLASSES} classes, the most that task {task} "
            "takes. For a number write task: regression; otherwise group rare classes in features.derive."
        )
    strange = [name for name in found if name in ("NaN", "Infinity", "-Infinity")]
    if strange:
        raise DataRefused(
            f"features.label: '{label}' holds {strange[0]}, which is no class. Quarantine such rows with a "
            f"rule such as \"abs({label}) < double('Infinity')\"."
        )
    if len(found) == 1:
        only = next(iter(found))
        raise DataRefused(
            f"features.label: '{label}' is {only} in all {counts.labelled:,} labelled rows; "
            "nothing can be learned."
        )
    if task == "binary" and len(found) > 2:
        raise ConfigError(
            f"features.label: '{label}' has {len(found)} classes ({listed(found)}), and task binary takes "
            "two. Write task: multiclass, or bring them to two with a rule or in features.derive."
        )
    validate_counts(counts, config)
    validate_class_folds(found, config)


def listed(found: Mapping[str, RowCounts]) -> str:
    """Classes with how often each occurs, the most frequent first, at most eight."""
    often = sorted(found.items(), key=lambda item: (-item[1].labelled, item[0]))
    more = ", …" if len(often) > 8 else ""
    return ", ".join(f"{name} {counts.labelled:,}" for name, counts in often[:8]) + more


def _sum(found: Mapping[str, RowCounts], unlabelled: int) -> RowCounts:
    every = list(found.values())
    folds = [counts.folds for counts in every]
    return RowCounts(
        unlabelled=unlabelled,
        splits={split: sum(counts.splits[split] for counts in every) for split in SPLITS},
        folds=tuple(map(sum, zip(*folds, strict=True))),
        bad_weights=sum(counts.bad_weights for counts in every),
    )
