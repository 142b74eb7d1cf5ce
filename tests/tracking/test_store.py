from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from pipeline.config.model import Config
from pipeline.errors import ConfigError, TransientError
from pipeline.tracking import Tracking, store


def with_uri(config: Config, uri: str) -> Config:
    return config.model_copy(update={"tracking": config.tracking.model_copy(update={"uri": uri})})


def test_a_local_lake_keeps_runs_and_models_inside(config: Config) -> None:
    tracking = Tracking.of(config, "/data/a lake")

    assert tracking.uri == "sqlite:////data/a lake/mlflow.db"
    assert tracking.artifact_root == "file:///data/a%20lake/mlartifacts"
    assert (tracking.experiment, tracking.model_name) == ("houses", "houses")
    assert Tracking.of(config, "file:///data/a%20lake").uri == tracking.uri


def test_a_server_keeps_artifacts_where_it_likes(config: Config) -> None:
    tracking = Tracking.of(
        with_uri(config, "https://ann:secret@mlflow.example.org/team"), "s3a://lake/houses"
    )

    assert tracking.uri == "https://ann:secret@mlflow.example.org/team"
    assert tracking.artifact_root is None
    assert tracking.address == "https://mlflow.example.org/team"


def test_a_lake_elsewhere_needs_a_server(config: Config) -> None:
    with pytest.raises(
        ConfigError,
        match=r"^tracking\.uri is not set, and the lake s3a://lake/houses is not on this machine.+Next: set",
    ):
        Tracking.of(config, "s3a://lake/houses")


@pytest.mark.parametrize("uri", ["./mlruns", "postgresql://ann:secret@db/mlflow", "sqlite:///"])
def test_another_kind_of_address_is_refused(config: Config, uri: str) -> None:
    with pytest.raises(
        ConfigError, match=r"Allowed are the address of a tracking server \(http:// or https://\)"
    ):
        Tracking.of(with_uri(config, uri), "/data/lake")


def test_opening_makes_the_experiment_once(config: Config, lake_root: str) -> None:
    client, experiment_id = Tracking.of(config, lake_root).open()
    again = Tracking.of(config, lake_root).open()

    found = client.get_experiment(experiment_id)
    assert again[1] == experiment_id
    assert found.name == "houses"
    assert found.artifact_location == f"{Path(lake_root).as_uri()}/mlartifacts/houses"


def test_warm_leaves_the_complaint_to_the_real_call(config: Config, tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file")
    tracking = Tracking.of(config, str(tmp_path / "lake"))

    tracking.warm()

    with pytest.raises(ConfigError, match="cannot be used"):
        tracking.open()


def test_a_deleted_experiment_is_refused(config: Config, lake_root: str) -> None:
    client, experiment_id = Tracking.of(config, lake_root).open()
    client.delete_experiment(experiment_id)

    with pytest.raises(
        ConfigError,
        match=rf"'houses' was deleted.+mlflow experiments restore --experiment-id {experiment_id}",
    ):
        Tracking.of(config, lake_root).open()


def test_a_server_that_does_not_answer_is_transient(
    config: Config, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_TIMEOUT", raising=False)

    with pytest.raises(
        TransientError,
        match=r"^The tracking store http://127\.0\.0\.1:9 cannot be reached: Connection refused\. Next: see",
    ):
        Tracking.of(with_uri(config, "http://ann:secret@127.0.0.1:9"), "/data/lake").open()

    assert capfd.readouterr() == ("", "")
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "0"
    assert "MLFLOW_HTTP_REQUEST_TIMEOUT" not in os.environ


@pytest.mark.parametrize(("own", "seen"), [(None, "1"), ("3", "3")])
def test_opening_has_little_patience_unless_the_user_says_otherwise(
    config: Config, monkeypatch: pytest.MonkeyPatch, own: str | None, seen: str
) -> None:
    found = []

    class Client:
        def __init__(self, *_: str) -> None: ...

        def get_experiment_by_name(self, _: str) -> None:
            found.append(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"])
            raise MlflowException("database is locked", TEMPORARILY_UNAVAILABLE)

    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    if own is not None:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", own)
    monkeypatch.setattr(store, "MlflowClient", Client)

    with pytest.raises(TransientError):
        Tracking.of(with_uri(config, "http://mlflow:5000"), "/data/lake").open()

    assert found == [seen]
    assert os.environ.get("MLFLOW_HTTP_REQUEST_MAX_RETRIES") == own


class _WebPage(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<html>no such page</html>")

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def web_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _WebPage)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_web_server_that_is_no_tracking_server_is_refused(config: Config, web_server: str) -> None:
    with pytest.raises(ConfigError, match=rf"^{web_server} answers, but not as an MLflow tracking server\."):
        Tracking.of(with_uri(config, web_server), "/data/lake").open()
