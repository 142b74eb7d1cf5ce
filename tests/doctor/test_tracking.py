"""Planted for real where a file or a port is enough; an old server is played by a small one."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import mlflow
import pytest

from pipeline.config.model import Config
from pipeline.doctor.finding import Finding, fine
from pipeline.doctor.tracking import Tracked, check_tracking
from pipeline.tracking import Tracking
from tests.doctor.made import config
from tests.servers.ports import free_port


def project(uri: str | None, root: str) -> Config:
    made = config()
    tracking = made.tracking.model_copy(update={"uri": uri})
    return made.model_copy(update={"tracking": tracking, "lake": made.lake.model_copy(update={"root": root})})


def states(tracked: Tracked) -> list[tuple[str, str]]:
    return [(finding.name, finding.state) for finding in tracked.findings]


def examined(uri: str | None, root: str) -> Tracked:
    return check_tracking(project(uri, root), is_cluster_mode=False)


def test_a_store_in_the_lake_is_fine_and_keeps_nothing(lake_root: str) -> None:
    tracked = examined(None, lake_root)

    assert tracked.findings == (
        fine("tracking store", f"it answers and can be written: {lake_root}/mlflow.db"),
        fine("model registry", "it answers, with aliases: houses has no version yet"),
        fine(
            "artifacts", f"what the driver wrote was read back: {Path(lake_root).as_uri()}/mlartifacts/houses"
        ),
    )
    assert tracked.ahead is None
    client, experiment = Tracking.of(project(None, lake_root), lake_root).open()
    assert client.search_runs([experiment]) == []
    assert [path for path in Path(lake_root, "mlartifacts").rglob("*") if path.is_file()] == []


def test_a_file_as_the_store_of_a_cluster_mode_driver_is_a_warning(lake_root: str) -> None:
    tracked = check_tracking(project(None, lake_root), is_cluster_mode=True)

    assert tracked.findings[0] == Finding(
        "tracking store",
        "warning",
        f"It is a file, {lake_root}/mlflow.db, and the driver may run on another machine each time.",
        "set tracking.uri to a tracking server, or put the lake on a shared disk.",
    )


def test_a_server_that_is_down(lake_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    uri = f"http://127.0.0.1:{free_port()}"

    tracked = examined(uri, lake_root)

    assert tracked.findings == (
        Finding(
            "tracking store",
            "fault",
            f"The tracking store {uri} cannot be reached: Connection refused.",
            "see that it runs and that this machine may reach it, then run the same command again.",
        ),
        Finding("model registry", "warning", "Not asked: the tracking store does not answer."),
        Finding("artifacts", "warning", "Not asked: the tracking store does not answer."),
    )


def test_a_lake_elsewhere_without_a_server_is_told() -> None:
    (found,) = examined(None, "s3a://lake/houses").findings
    assert (found.name, found.state) == ("tracking store", "fault")
    assert found.advice == "set tracking.uri to a tracking server, for example http://mlflow:5000."


def test_an_old_database(lake_root: str) -> None:
    with closing(sqlite3.connect(f"{lake_root}/mlflow.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '451aebb31d03'")
        database.commit()

    tracked = examined(None, lake_root)

    assert states(tracked)[0] == ("tracking store", "fault")
    assert tracked.findings[0].said == (
        f"The database of {lake_root}/mlflow.db has the tables of another MLflow than {mlflow.__version__}."
    )
    assert tracked.findings[0].advice.startswith("back it up, then run `mlflow db upgrade")


def test_artifacts_that_cannot_be_written(lake_root: str) -> None:
    examined(None, lake_root)
    shutil.rmtree(Path(lake_root, "mlartifacts"), ignore_errors=True)
    Path(lake_root, "mlartifacts").write_text("a file where a folder should be")

    tracked = examined(None, lake_root)

    assert states(tracked)[2] == ("artifacts", "fault")
    place = f"{Path(lake_root).as_uri()}/mlartifacts/houses"
    said = f"The artifact store {place} cannot be written and read from the driver: "
    assert tracked.findings[2].said.startswith(said)
    assert tracked.findings[2].advice.startswith("give this user the right to write there")


class _OldServer(BaseHTTPRequestHandler):
    """As much of an MLflow 2.1 as is asked before aliases; its clock is an hour ahead."""

    def do_GET(self) -> None:
        if self.path.endswith("/version"):
            return self._answer(b"2.1.1")
        if "experiments/get-by-name" in self.path:
            experiment = {"experiment_id": "1", "name": "houses", "lifecycle_stage": "active"}
            return self._answer(json.dumps({"experiment": experiment}).encode())
        if "model-versions/search" in self.path:
            return self._answer(b"{}")
        return self._answer(b"<html>no such page</html>", 404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b"{}")

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(time.time() + 3600)

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None: ...


@contextmanager
def old_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _OldServer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_registry_without_aliases_and_a_clock_that_is_off(lake_root: str) -> None:
    with old_server() as uri:
        tracked = examined(uri.replace("//", "//ann:secret@"), lake_root)

    assert tracked.findings[0] == fine(
        "tracking store", f"it answers and can be written: {uri}, MLflow 2.1.1"
    )
    assert tracked.findings[1] == Finding(
        "model registry",
        "fault",
        f"The registry at {uri} knows no aliases (MLflow 2.1.1), by which champion and challenger are named.",
        f"install MLflow {mlflow.__version__} there.",
    )
    assert tracked.ahead == pytest.approx(3600, abs=2)
