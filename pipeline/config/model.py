"""The whole configuration, as one typed, frozen, closed model. The reference page is generated from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.config.base import FolderPath, Name, Section, Settings, Text, Wording
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

DEFAULT_ROOT = "lake"
MetastoreName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,254}$"),
    Wording("letters, digits, _ and -, at most 255 in all"),
]


class LakeSection(Section):
    """Where the Delta tables are: below a root, or in a schema of a metastore."""

    root: FolderPath | None = None
    """Any path Hadoop knows: a folder, hdfs://, s3a://, abfss://, gs://. A relative path starts at the folder
    of the file that says it. Default, where no catalog is written: `lake` beside the first file."""
    catalog: MetastoreName | None = None
    """Instead of a root: the catalog, as Spark knows it, whose `schema` holds the tables; `spark_catalog` is
    Spark's own, on a Hive metastore. A schema belongs to one project. Needs `tracking.uri`."""
    schema_: Annotated[MetastoreName | None, Field(alias="schema")] = None
    """The schema in the catalog; it is created when it is missing."""

    @property
    def place(self) -> str:
        """The lake as a person names it: its root, or catalog and schema."""
        return f"{self.catalog}.{self.schema_}" if self.catalog else self.root or DEFAULT_ROOT

    @model_validator(mode="after")
    def _root_or_catalog(self) -> LakeSection:
        if self.root and (self.catalog or self.schema_):
            key = "catalog" if self.catalog else "schema"
            raise ValueError(
                f"lake.{key} is written, and so is lake.root. Tables are either below a root or in a "
                "catalog: keep one. In a file laid over another, `root: null` takes the root back."
            )
        if bool(self.catalog) != bool(self.schema_):
            written, missing = ("catalog", "schema") if self.catalog else ("schema", "catalog")
            raise ValueError(
                f"lake.{written} is written without lake.{missing}. Write both, as in "
                "`lake: {catalog: spark_catalog, schema: ml}`."
            )
        return self


class Tracking(Section):
    """Where runs and models are kept."""

    uri: FolderPath | None = None
    """An MLflow tracking server. Default on a local lake: SQLite and artifacts inside the lake's root."""
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
    def _tracking_beside_a_catalog(self) -> Config:
        if self.lake.catalog and self.tracking.uri is None:
            raise ValueError(
                "tracking.uri is missing. With lake.catalog there is no folder to keep runs and models in: "
                "name a tracking server, as in `tracking: {uri: http://mlflow:5000}`."
            )
        return self

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
