"""The SQLite file that keeps runs and models of a project on one machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from uuid import uuid4

from mlflow import MlflowClient

from pipeline.errors import ConfigError, TransientError
from pipeline.tracking.quiet import quiet

PREFIX = "sqlite:///"
_PATIENCE = 5.0  # seconds for another writer to finish


def path_of(uri: str) -> Path:
    """The file that a `sqlite:///` address means."""
    return Path(uri.removeprefix(PREFIX))


def prepare(uri: str) -> None:
    """Create the file with MLflow's tables where it is missing, and see that it can be written.

    MLflow's migrations are some hundred statements, each its own transaction: killed half way they leave a
    file that MLflow can neither use nor repair. So they run on a file in a temporary folder, and the finished
    file gets its name in one step.

    Raises:
        ConfigError: the file cannot be created or written, or is no SQLite file.
        TransientError: another process holds it for long.
    """
    path = path_of(uri)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        _try_to_write(path)
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error


def _create(path: Path) -> None:
    part = path.with_name(f"{path.name}.{uuid4().hex}.part")
    folder = Path(tempfile.mkdtemp(prefix="pipeline-mlflow-"))
    try:
        made = folder / "mlflow.db"
        with quiet():
            MlflowClient(f"{PREFIX}{made}", f"{PREFIX}{made}").search_experiments(max_results=1)
        shutil.copyfile(made, part)
        try:
            os.link(part, path)  # unlike a rename, never over a file that another process made meanwhile
        except FileExistsError:
            return
        except OSError:
            part.rename(path)  # a file system without links
    finally:
        part.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def _try_to_write(path: Path) -> None:
    """Begin to write and stop. MLflow itself would try ten times, for 100 seconds, before it complains."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise TransientError(
                f"The tracking store {path} is being written by another process. "
                "Next: run the same command again when that one is done."
            ) from error
        raise _cannot_write(path, str(error)) from error


def _cannot_write(path: Path, reason: str) -> ConfigError:
    return ConfigError(
        f"The tracking store {path} cannot be used: {reason}. Next: make it a file that this user may write, "
        "or set tracking.uri to another store."
    )
