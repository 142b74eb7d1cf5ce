"""A real `mlflow server` on loopback, with a PostgreSQL below it."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.ports import free_port
from tests.servers.postgres import postgres
from tests.servers.process import Server


@dataclass(frozen=True)
class TrackingServer:
    """The two servers of a team: MLflow's, at `uri`, and the database that it needs."""

    mlflow: Server
    database: Server
    uri: str
    port: int


@contextmanager
def tracking_server(folder: Path) -> Iterator[TrackingServer]:
    """Both, started; artifacts go through MLflow's server into `folder`."""
    with postgres() as (database, address):
        port = free_port()
        uri = f"http://127.0.0.1:{port}"
        words = ["server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        words += ["--backend-store-uri", address, "--artifacts-destination", str(folder / "artifacts")]
        quiet = {
            **os.environ,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        }
        server = Server(
            "mlflow server",
            [sys.executable, "-m", "mlflow", *words],
            folder / "mlflow-server.log",
            lambda: _answers(uri),
            {"env": quiet, "cwd": folder},
        )
        try:
            server.start()
            yield TrackingServer(server, database, uri, port)
        finally:
            server.kill()


def _answers(uri: str) -> bool:
    try:
        with urllib.request.urlopen(f"{uri}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
