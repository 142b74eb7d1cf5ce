"""Whether the tracking store, the registry and the artifact store would serve a training."""

from __future__ import annotations

import email.utils
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import mlflow
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.utils.uri import append_to_uri_path

from pipeline.errors import ConfigError
from pipeline.tracking.calls import calls
from pipeline.tracking.patience import SHORT
from pipeline.tracking.store import Tracking

_TAG = "pipeline.doctor"
_PATIENCE = 5.0


def write_to_store(tracking: Tracking) -> str:
    """Mark the experiment with a tag, the same one each time: no run is made. Returns what answered.

    Raises ConfigError or TransientError, as every call does.
    """
    client, experiment = tracking.open()
    with calls(tracking.address, SHORT):
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        client.set_experiment_tag(experiment, _TAG, now)
    version = server_version(tracking)
    return tracking.address if version is None else f"{tracking.address}, MLflow {version}"


def ask_registry(tracking: Tracking) -> str:
    """Ask for versions and by alias. Returns what it has of this project.

    Raises ConfigError for a registry without aliases, as servers before MLflow 2.3 are.
    """
    client, _ = tracking.open()
    with calls(tracking.address, SHORT):
        found = client.search_model_versions(f"name = '{tracking.model_name}'", max_results=1)
        try:
            client.get_model_version_by_alias(tracking.model_name, "champion")
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                raise ConfigError(
                    f"The registry at {tracking.address} knows no aliases ({_server(tracking)}), by which "
                    f"champion and challenger are named. Next: install MLflow {mlflow.__version__} there."
                ) from error
            return "no champion yet" if found else "no version yet"
    return "a champion"


def copy_artifact(tracking: Tracking) -> str:
    """Write a small file where artifacts go, read it back, and remove it. Returns where that is.

    Raises ConfigError when what comes back is not what was written, or nothing can be.
    """
    client, experiment = tracking.open()
    with calls(tracking.address, SHORT), tempfile.TemporaryDirectory(prefix="pipeline-doctor-") as local:
        root = str(client.get_experiment(experiment).artifact_location)
        folder = f"doctor-{uuid4().hex}"
        place, text = append_to_uri_path(root, folder), uuid4().hex
        sent = Path(local, "sent", "token.txt")
        sent.parent.mkdir()
        sent.write_text(text, encoding="utf-8")
        store = get_artifact_repository(place, tracking_uri=tracking.uri)
        try:
            store.log_artifact(str(sent))
            back = Path(local, "back")
            back.mkdir()
            read = Path(store.download_artifacts("token.txt", str(back))).read_text(encoding="utf-8")
        except MlflowException:
            raise
        except Exception as error:
            line = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
            raise ConfigError(
                f"The artifact store {_plain(root)} cannot be written and read from the driver: {line[:300]} "
                "Next: give this user the right to write there, and the driver the credentials."
            ) from error
        finally:
            with suppress(Exception):  # some stores keep all; the file is some bytes
                get_artifact_repository(root, tracking_uri=tracking.uri).delete_artifacts(folder)
    if read != text:
        raise ConfigError(f"The artifact store {_plain(root)} gave back another file than was written.")
    return _plain(root)


def clock_ahead(tracking: Tracking) -> float | None:
    """How many seconds a tracking server's clock is ahead of ours; None for a file, or where not told."""
    if tracking.file is not None:
        return None
    begun = time.time()
    try:
        with urllib.request.urlopen(f"{_plain(tracking.uri)}/health", timeout=_PATIENCE) as answer:
            told = answer.headers.get("Date")
    except urllib.error.HTTPError as error:  # refused, but with a date
        told = error.headers.get("Date")
    except (OSError, ValueError):
        return None
    ended = time.time()
    there = None if told is None else email.utils.parsedate_to_datetime(told).timestamp()
    if there is None:
        return None
    return there - ended if there > ended else min(0.0, there + 1 - begun)  # whole seconds


def server_version(tracking: Tracking) -> str | None:
    """The MLflow of a tracking server; None for a file, or where it does not tell."""
    if tracking.file is not None:
        return None
    try:
        with urllib.request.urlopen(f"{_plain(tracking.uri)}/version", timeout=_PATIENCE) as answer:
            text = answer.read(40).decode("utf-8", errors="replace").strip()
    except (OSError, ValueError):
        return None
    return text if text[:1].isdigit() else None


def _server(tracking: Tracking) -> str:
    version = server_version(tracking)
    return "a server that tells no version" if version is None else f"MLflow {version}"


def _plain(uri: str) -> str:
    """Without user and password."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")
