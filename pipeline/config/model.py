"""The whole configuration, as one typed, frozen, closed model. The reference page is generated from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.config.base import FolderPath, Name, Section, Settings, Text
from pipeline.config.features import Features
from pipeline.config.sources import Source
from pipeline.config.split import Split
from pipeline.config.task import DEFAULT_METRIC, Metric, Task
from pipeline.config.train import (
    AUTO_LEARNERS,
    DEFAULT_LEARNERS,
    LearnerChoice,
    Promote,
    Score,
    Train,
)


class LakeSection(Section):
    """Where the Delta tables are."""

    root: FolderPath = "lake"
    """Any path Hadoop knows: a folder, hdfs://, s3a://, abfss://, gs://. A relative path starts at the folder
    of the file that says it; the default lies beside the first file."""


class Tracking(Section):
    """Where runs and models are kept."""

    uri: FolderPath | None = None
    """An MLflow tracking server. Default on a local lake: SQLite and artifacts inside the lake."""
    experiment: Text | None = None
    """The MLflow experiment. Default: the project's name."""
    model: Text | None = None
    """The registered model. Default: the project's name."""


class Spark(Section):
    """The Spark session."""

    conf: Settings = Field(default_factory=dict)
    """Spark settings, used where spark-submit has not set them."""


class Config(Section):
    """One project: everything a run needs to know."""

    name: Name
    """Names the tables, the experiment and the registered model."""
    task: Task
    """What is predicted. `regression`: a number. `binary`: one of two classes. `multiclass`: one of many."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 42
    """Where every random choice starts. Splits and folds do not depend on it."""
    lake: LakeSection = Field(default_factory=LakeSection)
    """Where the Delta tables are."""
    tracking: Tracking = Field(default_factory=Tracking)
    """Where runs and models are kept."""
    spark: Spark = Field(default_factory=Spark)
    """The Spark session."""
    sources: Annotated[dict[Name, Source], Field(min_length=1)]
    """The raw inputs, by name."""
    features: Features
    """From silver tables to the columns a model sees."""
    split: Split = Field(default_factory=Split)
    """Which rows train, validate and test."""
    train: Train = Field(default_factory=Train)
    """Tuning, refit and evaluation."""
    promote: Promote = Field(default_factory=Promote)
    """When a challenger becomes champion."""
    score: Score = Field(default_factory=Score)
    """What is predicted, and what is carried beside it."""

    @property
    def experiment(self) -> str:
        """The MLflow experiment's name."""
        return self.tracking.experiment or self.name

    @property
    def model_name(self) -> str:
        """The registered model's name."""
        return self.tracking.model or self.name

    @property
    def metric(self) -> Metric:
        """What is optimised: `train.metric`, or the task's default."""
        return self.train.metric or DEFAULT_METRIC[self.task]

    @property
    def learners(self) -> Mapping[str, LearnerChoice]:
        """The learners to compare: `train.learners`, or those of the task."""
        written = self.train.learners
        if written is None or written == "auto":
            names = AUTO_LEARNERS if written else DEFAULT_LEARNERS
            return {name: LearnerChoice() for name in names[self.task]}
        return written

    @property
    def key(self) -> tuple[str, ...]:
        """The key of the features table: declared, or the only source's, or `_key`."""
        if self.features.key:
            return self.features.key
        source = next(iter(self.sources.values()))
        return source.key or ("_key",)

    @model_validator(mode="after")
    def _query_where_needed(self) -> Config:
        if len(self.sources) > 1 and self.features.query is None:
            names = ", ".join(self.sources)
            raise ValueError(f"features.query is missing. Write the query that joins the sources {names}.")
        if len(self.sources) > 1 and self.features.key is None:
            raise ValueError(
                "features.key is missing. Name the columns that identify a row of features.query."
            )
        return self
