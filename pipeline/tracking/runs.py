"""One run: a training with its candidates below it. No active run is set: a notebook's own stay apart."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_MODELS
from mlflow.utils.validation import MAX_PARAM_VAL_LENGTH
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from pipeline.tracking.batches import log_in_batches, short_tags
from pipeline.tracking.calls import calls
from pipeline.tracking.children import REASON, Children, origin
from pipeline.tracking.packaging import write_model
from pipeline.tracking.patience import MOVING_FILES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FINGERPRINT = "fingerprint"
CODE_VERSION = "code_version"
MODEL_FOLDER = "model"


class Run:
    """A run that is open in the tracking store."""

    def __init__(self, client: MlflowClient, address: str, experiment_id: str, run_id: str) -> None:
        self.run_id = run_id
        self._client = client
        self._address = address
        self._experiment_id = experiment_id

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
        created = client.create_run(experiment_id, run_name=name, tags={**origin(), **short_tags(tags)})
        run = cls(client, address, experiment_id, created.info.run_id)
        run.log_params(params)
        return run

    def resume(self, tags: Mapping[str, str], params: Mapping[str, Any]) -> None:
        """Go on in a run that was left or ended: RUNNING again. Parameters must be those it has."""
        with calls(self._address):
            self._client.update_run(self.run_id, "RUNNING")
            if REASON in self._client.get_run(self.run_id).data.tags:
                self._client.delete_tag(self.run_id, REASON)
        self.set_tags(tags)
        self.log_params(params)

    def children(self, model: str) -> Children:
        """The candidates of a training of `model`, as runs below this one."""
        return Children(self._client, self._address, self._experiment_id, self.run_id, model)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Parameters; one longer than MLflow takes is cut, and whole in the artifact `long_params.json`."""
        with calls(self._address):
            log_in_batches(self._client, self.run_id, params=params)
            long = {
                name: str(value) for name, value in params.items() if len(str(value)) > MAX_PARAM_VAL_LENGTH
            }
            if long:
                self._client.log_dict(self.run_id, long, "long_params.json")

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Metrics by name."""
        with calls(self._address):
            log_in_batches(
                self._client, self.run_id, metrics=[(name, value, 0) for name, value in metrics.items()]
            )

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Tags by name; a value longer than MLflow takes is cut."""
        with calls(self._address):
            log_in_batches(self._client, self.run_id, tags=tags)

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
        with (
            calls(self._address, MOVING_FILES),
            tempfile.TemporaryDirectory(prefix="pipeline-model-") as local,
        ):
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
