"""One run: a training with its candidates below it. No active run is set: a notebook's own stay apart."""

from __future__ import annotations

import getpass
import json
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.utils.mlflow_tags import (
    MLFLOW_LOGGED_MODELS,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_SOURCE_NAME,
    MLFLOW_USER,
)
from mlflow.utils.validation import (
    MAX_METRICS_PER_BATCH,
    MAX_PARAM_VAL_LENGTH,
    MAX_PARAMS_TAGS_PER_BATCH,
    MAX_TAG_VAL_LENGTH,
)
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from pipeline.tracking.calls import calls
from pipeline.tracking.packaging import write_model

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FINGERPRINT = "fingerprint"
MODEL = "pipeline.model"
REASON = "reason"
MODEL_FOLDER = "model"


class Run:
    """A run that is open in the tracking store."""

    def __init__(self, client: MlflowClient, address: str, experiment_id: str, run_id: str) -> None:
        self.run_id = run_id
        self._client = client
        self._address = address
        self._experiment_id = experiment_id
        self._inherited: dict[str, str] = {}

    @classmethod
    def start(
        cls,
        client: MlflowClient,
        address: str,
        experiment_id: str,
        name: str,
        tags: Mapping[str, str],
        params: Mapping[str, Any],
    ) -> Run:
        """Create a run with its tags, in one call, and its parameters, in another."""
        created = client.create_run(experiment_id, run_name=name, tags={**_origin(), **_short_tags(tags)})
        run = cls(client, address, experiment_id, created.info.run_id)
        run._inherited = {name: value for name, value in tags.items() if name in (FINGERPRINT, MODEL)}
        run.log_params(params)
        return run

    def child(
        self,
        name: str,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        tags: Mapping[str, str] | None = None,
        failed: str | None = None,
    ) -> str:
        """Write one candidate as a run below this one that has already ended; returns its id.

        `failed` is the reason why it has no result. May be called from several threads.
        """
        own = {**(tags or {}), **({REASON: failed} if failed else {}), MODEL: self._inherited.get(MODEL, "")}
        with calls(self._address):
            created = self._client.create_run(
                self._experiment_id,
                run_name=name,
                tags={**_origin(), **_short_tags(own), MLFLOW_PARENT_RUN_ID: self.run_id},
            )
            run = Run(self._client, self._address, self._experiment_id, created.info.run_id)
            run._log(metrics, params)
            self._client.set_terminated(run.run_id, "FAILED" if failed else "FINISHED")
        return run.run_id

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Parameters; one longer than MLflow takes is cut, and whole in the artifact `long_params.json`."""
        with calls(self._address):
            self._log({}, params)
            long = {
                name: str(value) for name, value in params.items() if len(str(value)) > MAX_PARAM_VAL_LENGTH
            }
            if long:
                self._client.log_dict(self.run_id, long, "long_params.json")

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Metrics by name."""
        with calls(self._address):
            self._log(metrics, {})

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Tags by name; a value longer than MLflow takes is cut."""
        pairs = [RunTag(name, value) for name, value in _short_tags(tags).items()]
        with calls(self._address):
            for start in range(0, len(pairs), MAX_PARAMS_TAGS_PER_BATCH):
                batch = pairs[start : start + MAX_PARAMS_TAGS_PER_BATCH]
                self._client.log_batch(self.run_id, tags=batch)

    def log_dict(self, values: Mapping[str, Any], file: str) -> None:
        """An artifact in the format that the file's name says: .json or .yaml."""
        with calls(self._address):
            self._client.log_dict(self.run_id, dict(values), file)

    def log_text(self, text: str, file: str) -> None:
        """A text artifact."""
        with calls(self._address):
            self._client.log_text(self.run_id, text, file)

    def log_figures(self, figures: Mapping[str, Figure], folder: str) -> None:
        """Pictures by file name, below one folder of the artifacts."""
        with calls(self._address), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")  # a class in a script it lacks
            for name, figure in figures.items():
                self._client.log_figure(self.run_id, figure, f"{folder}/{name}")

    def log_model(
        self,
        spark: SparkSession,
        model: PipelineModel,
        *,
        example: Sequence[Mapping[str, Any]],
        columns: Mapping[str, str],
        outputs: Mapping[str, str],
        tmp_dir: str,
        code: Path | None = None,
        packages: Sequence[str] = (),
    ) -> str:
        """Store a model as the artifact `model` of this run; returns where it is, for `Registry.register`.

        `example` is that of the training record, `columns` and `outputs` its input and output columns
        (name → Spark type). `tmp_dir` is a folder below which driver and executors can write: in the lake.
        `code` is the package to put beside the model, `packages` are the modules that it needs beside Spark,
        such as xgboost.

        Raises:
            ConfigError: the driver does not find what the executors wrote below `tmp_dir`.
        """
        with calls(self._address), tempfile.TemporaryDirectory(prefix="pipeline-model-") as local:
            folder = Path(local) / MODEL_FOLDER
            stored = write_model(
                spark,
                model,
                folder,
                run_id=self.run_id,
                example=example,
                columns=columns,
                outputs=outputs,
                tmp_dir=tmp_dir,
                code=code,
                packages=packages,
            )
            self._client.log_artifacts(self.run_id, str(folder), MODEL_FOLDER)
            # MLflow's page tells by this tag which folder of the artifacts is a model.
            self._client.set_tag(self.run_id, MLFLOW_LOGGED_MODELS, json.dumps([stored.get_tags_dict()]))
            return f"{self._client.get_run(self.run_id).info.artifact_uri}/{MODEL_FOLDER}"

    def finish(self) -> None:
        """The run ended well."""
        self._end("FINISHED")

    def fail(self, reason: str) -> None:
        """The run ended badly."""
        self._end("FAILED", reason)

    def kill(self, reason: str = "killed") -> None:
        """The run was ended from outside."""
        self._end("KILLED", reason)

    def _end(self, status: str, reason: str | None = None) -> None:
        if reason is not None:
            self.set_tags({REASON: reason})
        with calls(self._address):
            self._client.set_terminated(self.run_id, status)

    def _log(self, metrics: Mapping[str, float], params: Mapping[str, Any]) -> None:
        """All in one call, as long as there are no more than MLflow takes in one."""
        now = int(time.time() * 1000)
        measured = [Metric(name, value, now, 0) for name, value in metrics.items()]
        given = [Param(name, _cut(str(value), MAX_PARAM_VAL_LENGTH)) for name, value in params.items()]
        size = min(MAX_PARAMS_TAGS_PER_BATCH, MAX_METRICS_PER_BATCH)
        for start in range(0, max(len(measured), len(given)), size):
            part = slice(start, start + size)
            self._client.log_batch(self.run_id, metrics=measured[part], params=given[part])


def _origin() -> dict[str, str]:
    """Who and what, as MLflow's page shows it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user number without a name
        user = "unknown"
    return {MLFLOW_USER: user, MLFLOW_SOURCE_NAME: "pipeline"}


def _short_tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: _cut(value, MAX_TAG_VAL_LENGTH) for name, value in tags.items()}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 4]} ..."
