"""Artifacts of a run on this machine's disk: what is missing is told apart from what broke off."""

from __future__ import annotations

import posixpath
from pathlib import Path

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from pipeline.errors import TransientError


def download(client: MlflowClient, run_id: str, path: str, to: Path) -> Path:
    """A file or folder of a run, below the folder `to`.

    MLflow says of whatever went wrong that the path is not correct, and keeps the cause to itself. So the
    store is asked whether the path is there: no model is refused because its server was away for a moment.

    Raises:
        FileNotFoundError: the run has no such artifact.
        TransientError: it has, and the download broke off.
        MlflowException: the store is away now.
    """
    try:
        return Path(client.download_artifacts(run_id, path, str(to)))
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        folder = posixpath.dirname(path) or None
        if path not in {entry.path for entry in client.list_artifacts(run_id, folder)}:
            raise FileNotFoundError(f"run {run_id} has no artifact '{path}'") from error
        raise TransientError(
            f"The artifact '{path}' of run {run_id} broke off while it was downloaded. Next: see that the "
            "tracking server and its artifact store run, then run the same command again."
        ) from error
