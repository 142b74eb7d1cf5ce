"""What is predicted, as learners, metrics and the people who read predictions see it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.config.task import Task
from pipeline.errors import ConfigError
from pipeline.tuning.rows import RowCounts

Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Answer:
    """The columns that one learner added to encoded rows."""

    prediction: str = "prediction"
    probability: str = "probability"
    """Classes only."""


class Target(ABC):
    """The label of one training: how it is encoded, decoded and measured.

    A frame is encoded once; a model's last stage decodes with SQL, so a stored model needs none of this code.
    """

    task: ClassVar[Task]
    counts: RowCounts
    kind: str
    """The Spark type of a prediction: the label's own, a double for a number."""
    classes: tuple[str, ...] = ()
    """The classes in the order of their places; empty for a number."""

    @property
    @abstractmethod
    def weighted(self) -> bool:
        """Whether encoded rows have a column `WEIGHT` that fits are to use."""

    @abstractmethod
    def encode(self, rows: DataFrame) -> DataFrame:
        """`with_splits` rows that have a label, with `ACTUAL`, `LABEL`, and `WEIGHT` where rows weigh."""

    @abstractmethod
    def outside(self, fitted: T.StructType) -> tuple[str, ...]:
        """SQL of the columns that people read, made from what a learner adds; `fitted` is its schema."""

    def measure_trial(self, judged: DataFrame) -> Metrics:
        """Metrics of what a learner added to encoded rows, in one job."""
        return self.measure_trials(judged, {"model": Answer()})["model"]

    @abstractmethod
    def measure_trials(self, judged: DataFrame, answers: Mapping[str, Answer]) -> Mapping[str, Metrics]:
        """Metrics of what several learners added to encoded rows, by name, in one job."""

    @abstractmethod
    def measure_test(self, predicted: DataFrame) -> Measured:
        """Metrics of a whole model's predictions of encoded rows, and of the baseline.

        Each row is predicted once.
        """


class Measured:
    """How a model did on the test rows, beside the baseline; `detail` is what pictures are drawn from."""

    def __init__(self, model: Metrics, baseline: Metrics, detail: Any) -> None:
        self.model = dict(model)
        self.baseline = dict(baseline)
        self.detail = detail


def label_column(schema: T.StructType, config: Config) -> T.DataType:
    """The type of the label's column. Raises ConfigError when it does not exist."""
    label = config.features.label
    if label not in schema.names:
        known = ", ".join(name for name in schema.names if not name.startswith("_"))
        raise ConfigError(
            f"features.label: there is no column '{label}' in the features. Columns there: {known}."
        )
    return schema[label].dataType
