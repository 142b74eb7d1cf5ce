"""The registered model: its versions, the aliases champion and challenger, and models loaded back."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal
from uuid import uuid4

from mlflow.entities.model_registry import ModelVersion as MlflowModelVersion
from mlflow.exceptions import MlflowException
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError
from pipeline.explain import is_of_the_machines
from pipeline.tracking.calls import calls
from pipeline.tracking.downloads import download
from pipeline.tracking.hadoop import Folders
from pipeline.tracking.patience import MOVING_FILES
from pipeline.tracking.record import FILE, TrainingRecord
from pipeline.tracking.runs import MODEL_FOLDER, Run
from pipeline.tracking.store import Tracking

Alias = Literal["challenger", "champion"]


class UnreadableModelError(ConfigError):
    """A version whose files are missing or broken, or of a format that this version does not read."""


@dataclass(frozen=True)
class ModelVersion:
    """One version of the project's registered model."""

    name: str
    version: int
    run_id: str
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """`house_prices version 3`."""
        return f"{self.name} version {self.version}"


class Registry:
    """The versions of one registered model."""

    def __init__(self, tracking: Tracking) -> None:
        self.tracking = tracking
        self.name = tracking.model_name

    def register(self, run: Run, uri: str, tags: Mapping[str, str]) -> int:
        """Make a stored model (`uri` from `Run.log_model`) the next version; returns its number."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address):
            try:
                client.create_registered_model(self.name)
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
            made = client.create_model_version(self.name, uri, run.run_id, tags=dict(tags))
            return int(made.version)

    def get(self, version: int) -> ModelVersion | None:
        """A version, None when there is none of that number."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address):
            try:
                return _version(client.get_model_version(self.name, str(version)))
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise

    def find(self, alias: Alias) -> ModelVersion | None:
        """The version that an alias points at, None when it points nowhere."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address):
            try:
                return _version(client.get_model_version_by_alias(self.name, alias))
            except MlflowException as error:
                # Neither an unknown model nor an unknown alias is more than "not yet".
                if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                    return None
                raise

    def champion(self) -> ModelVersion | None:
        """The version that scores."""
        return self.find("champion")

    def challenger(self) -> ModelVersion | None:
        """The version trained last."""
        return self.find("challenger")

    def point(self, alias: Alias, version: int) -> None:
        """Let an alias point at a version; doing it again changes nothing."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address):
            client.set_registered_model_alias(self.name, alias, str(version))

    def set_tags(self, version: int, tags: Mapping[str, str]) -> None:
        """Tags of a version, in the given order."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address):
            for name, value in tags.items():
                client.set_model_version_tag(self.name, str(version), name, value)

    def record(self, version: ModelVersion) -> TrainingRecord:
        """How a version was trained.

        Raises:
            ConfigError: it was not registered by this project's training, or by another version of it.
        """
        text = self.read_text(version, FILE)
        if text is None:
            raise ConfigError(
                f"{version.label} has no {FILE}: it was not registered by `pipeline train`. Next: train, "
                "or let the alias point at a version that was."
            )
        return TrainingRecord.from_json(text, f"{FILE} of {version.label}")

    def read_text(self, version: ModelVersion, file: str) -> str | None:
        """A text file of the run that made a version, None when it has no such file."""
        client, _ = self.tracking.open()
        with calls(self.tracking.address), tempfile.TemporaryDirectory(prefix="pipeline-record-") as local:
            found = client.list_artifacts(version.run_id) if version.run_id else []
            if file not in {entry.path for entry in found}:
                return None
            return download(client, version.run_id, file, Path(local)).read_text(encoding="utf-8")

    def load(self, spark: SparkSession, version: ModelVersion, tmp_dir: str) -> PipelineModel:
        """The model itself, read back from where it is stored.

        `tmp_dir` is a folder that driver and executors share: in the lake. What is put there is removed
        again, as all that our stages read is in memory when they are loaded. Our code is the one that is
        running, not the copy that the model carries.

        Raises:
            UnreadableModelError: what is stored is not a model that can be read here. What Spark throws when
                executors are lost is raised as it is: it says nothing about the model.
        """
        client, _ = self.tracking.open()
        folders = Folders(spark)
        shared = f"{tmp_dir.rstrip('/')}/model-{uuid4().hex}"
        with (
            calls(self.tracking.address, MOVING_FILES),
            tempfile.TemporaryDirectory(prefix="pipeline-model-") as local,
        ):
            try:
                stages = download(client, version.run_id, f"{MODEL_FOLDER}/sparkml", Path(local))
                folders.upload(stages, shared)
                return PipelineModel.read().session(spark).load(shared)
            except (*_BROKEN, *_INCOMPLETE) as error:
                if is_of_the_machines(error):
                    raise
                raise UnreadableModelError(
                    f"{version.label} cannot be loaded from {self.tracking.address}: {_reason(error)} "
                    f"Next: look at the artifacts of run {version.run_id}, or train again."
                ) from error
            finally:
                folders.remove(shared)


# What Spark, and our own stages, say of files that are missing, cut short, or not what they should be.
_BROKEN = (OSError, ValueError, ImportError, Py4JJavaError, PySparkException)
_INCOMPLETE = (TypeError, KeyError, AttributeError)


def _reason(error: Exception) -> str:
    """One line; where Python stumbled over what it did not find, its own words would say nothing."""
    if isinstance(error, _INCOMPLETE):
        return "its files are incomplete."
    java = getattr(error, "java_exception", None)
    line = str(error if java is None else java.toString()).strip().partition("\n")[0]
    return line if line.endswith(".") else f"{line}."


def _version(found: MlflowModelVersion) -> ModelVersion:
    created_at = datetime.fromtimestamp((found.creation_timestamp or 0) / 1000, timezone.utc)
    return ModelVersion(found.name, int(found.version), found.run_id or "", created_at, dict(found.tags))
