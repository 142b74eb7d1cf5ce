"""Where runs and models are kept: a tracking server, or a SQLite file inside the lake."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from mlflow import MlflowClient
from mlflow.entities import Run as MlflowRun
from mlflow.exceptions import MlflowException

from pipeline.config.model import Config
from pipeline.errors import ConfigError, PipelineError
from pipeline.tracking import sqlite
from pipeline.tracking.calls import calls
from pipeline.tracking.children import MODEL, PARENT
from pipeline.tracking.patience import SHORT
from pipeline.tracking.runs import CODE_VERSION, FINGERPRINT, Run


@dataclass(frozen=True)
class FinishedRun:
    """A training that ended well, and the model version it registered."""

    run_id: str
    version: int


@dataclass(frozen=True)
class LeftRun:
    """A training that did not finish: left RUNNING by a killed driver, or ended as KILLED or FAILED."""

    run_id: str
    name: str
    status: str


class Tracking:
    """One project's experiment and registered model. Nothing is contacted before the first call."""

    def __init__(self, uri: str, experiment: str, model_name: str, artifact_root: str | None) -> None:
        self.uri = uri
        self.experiment = experiment
        self.model_name = model_name
        self.artifact_root = artifact_root
        self._opening = threading.Lock()
        self._opened: tuple[MlflowClient, str] | None = None

    @classmethod
    def of(cls, config: Config, lake_root: str) -> Tracking:
        """The store that a configuration means: `tracking.uri`, else a SQLite file inside a local lake.

        Artifacts are where a server puts them, else beside the SQLite file.

        Raises:
            ConfigError: an address of another kind, or none although the lake is not on this machine.
        """
        uri = config.tracking.uri or _inside(lake_root)
        if uri.startswith(sqlite.PREFIX) and len(uri) > len(sqlite.PREFIX):
            root = (sqlite.path_of(uri).absolute().parent / "mlartifacts").as_uri()
            return cls(uri, config.experiment, config.model_name, root)
        if urlsplit(uri).scheme in ("http", "https"):
            return cls(uri, config.experiment, config.model_name, None)
        raise ConfigError(
            f"tracking.uri is '{uri}'. Allowed are the address of a tracking server (http:// or https://) "
            "and a file (sqlite:////folder/mlflow.db)."
        )

    @property
    def address(self) -> str:
        """The store as a person may read it: without user and password."""
        if self.uri.startswith(sqlite.PREFIX):
            return str(sqlite.path_of(self.uri))
        parts = urlsplit(self.uri)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @property
    def file(self) -> Path | None:
        """The SQLite file that is the store, None for a tracking server."""
        return sqlite.path_of(self.uri) if self.uri.startswith(sqlite.PREFIX) else None

    def open(self) -> tuple[MlflowClient, str]:
        """MLflow's client and the experiment's id; the first call creates what is missing.

        Raises:
            TransientError: the store cannot be reached, or is busy.
            ConfigError: it cannot be written, is no tracking store, or the experiment was deleted.
        """
        with self._opening:
            if self._opened is None:
                if self.uri.startswith(sqlite.PREFIX):
                    sqlite.prepare(self.uri)
                with calls(self.address, SHORT):
                    client = MlflowClient(self.uri, self.uri)
                    self._opened = client, self._experiment_id(client)
            return self._opened

    def warm(self) -> None:
        """Open in advance, in a thread while the JVM starts; what goes wrong the first real call tells."""
        with suppress(PipelineError):
            self.open()

    def open_run(self, name: str, *, tags: Mapping[str, str], params: Mapping[str, Any]) -> Run:
        """Start a run. It stays RUNNING until it is finished, failed or killed."""
        client, experiment_id = self.open()
        with calls(self.address):
            return Run.start(
                client, self.address, experiment_id, name, {**tags, MODEL: self.model_name}, params
            )

    def resume_run(self, left: LeftRun, *, tags: Mapping[str, str], params: Mapping[str, Any]) -> Run:
        """Go on in a run that did not finish; it is RUNNING again."""
        client, experiment_id = self.open()
        run = Run(client, self.address, experiment_id, left.run_id)
        run.resume({**tags, MODEL: self.model_name}, params)
        return run

    def close_left_open(self, keep: LeftRun | None = None) -> int:
        """Mark as KILLED what a killed driver left RUNNING for this model, candidates included.

        All but the run to `keep`, with its candidates. Returns how many runs. Call it only where no other
        training of the project can be at work: under the project's lease.
        """
        client, _ = self.open()
        kept = None if keep is None else keep.run_id
        with calls(self.address):
            left = [
                run.info.run_id
                for run in self._search("attributes.status = 'RUNNING'")
                if kept is None or kept not in (run.info.run_id, run.data.tags.get(PARENT))
            ]
            for run_id in left:
                client.set_terminated(run_id, "KILLED")
        return len(left)

    def find_left(self, fingerprint: str, code_version: str) -> LeftRun | None:
        """The newest run of this fingerprint, by this version of the code, where it did not finish."""
        mine = f"tags.{FINGERPRINT} = '{fingerprint}' and tags.{CODE_VERSION} = '{code_version}'"
        with calls(self.address):
            newest = next(self._search(mine), None)
        if newest is None or newest.info.status == "FINISHED":
            return None
        return LeftRun(newest.info.run_id, newest.info.run_name, newest.info.status)

    def see_finished(self, run_id: str) -> None:
        """Close a run that has done all it had to do, where its driver ended before it could say so."""
        client, _ = self.open()
        with calls(self.address):
            if client.get_run(run_id).info.status != "FINISHED":
                client.set_terminated(run_id, "FINISHED")

    def find_finished(self, fingerprint: str) -> FinishedRun | None:
        """The newest run of this fingerprint that finished and registered a version, else None."""
        client, _ = self.open()
        with calls(self.address):
            for run in self._search(
                f"attributes.status = 'FINISHED' and tags.{FINGERPRINT} = '{fingerprint}'"
            ):
                found = client.search_model_versions(f"run_id = '{run.info.run_id}'")
                versions = [int(version.version) for version in found if version.name == self.model_name]
                if versions:
                    return FinishedRun(run.info.run_id, max(versions))
        return None

    def _search(self, wanted: str) -> Iterator[MlflowRun]:
        """Runs of this model that meet a condition, newest first, page by page."""
        client, experiment_id = self.open()
        token: str | None = ""
        while token is not None:
            page = client.search_runs(
                [experiment_id], wanted, order_by=["attributes.start_time DESC"], page_token=token or None
            )
            yield from (run for run in page if run.data.tags.get(MODEL) == self.model_name)
            token = page.token or None

    def _experiment_id(self, client: MlflowClient) -> str:
        found = client.get_experiment_by_name(self.experiment)
        if found is None:
            location = self.artifact_root and f"{self.artifact_root}/{_folder_name(self.experiment)}"
            try:
                return str(client.create_experiment(self.experiment, artifact_location=location))
            except MlflowException as error:
                # Another project's first run was faster, or the answer to a first try got lost on its way.
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = client.get_experiment_by_name(self.experiment)
                if found is None:
                    raise
        if found.lifecycle_stage != "active":
            raise ConfigError(
                f"The experiment '{self.experiment}' was deleted in the tracking store {self.address}. Next: "
                f"restore it with `mlflow experiments restore --experiment-id {found.experiment_id}`, or set "
                "tracking.experiment to another name."
            )
        return str(found.experiment_id)


def _inside(lake_root: str) -> str:
    """The SQLite file of a lake on this machine."""
    scheme = urlsplit(lake_root).scheme
    if scheme not in ("", "file"):
        raise ConfigError(
            f"tracking.uri is not set, and the lake {lake_root} is not on this machine, so runs and models "
            "have no place. Next: set tracking.uri to a tracking server, for example http://mlflow:5000."
        )
    folder = Path(unquote(urlsplit(lake_root).path)) if scheme else Path(lake_root)
    return f"{sqlite.PREFIX}{folder.absolute() / 'mlflow.db'}"


def _folder_name(experiment: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", experiment)
