from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.errors import ConfigError, TransientError
from pipeline.tracking import sqlite


class _Client:
    def __init__(self, *_: str) -> None: ...

    def search_experiments(self, max_results: int) -> None: ...


class _Killed(_Client):
    def search_experiments(self, max_results: int) -> None:
        raise KeyboardInterrupt


def uri(path: Path) -> str:
    return f"{sqlite.PREFIX}{path}"


def test_the_file_is_made_in_one_step(empty_tracking_file: Path) -> None:
    client = MlflowClient(uri(empty_tracking_file), uri(empty_tracking_file))

    assert [experiment.name for experiment in client.search_experiments()] == ["Default"]
    assert [path.name for path in empty_tracking_file.parent.iterdir()] == ["mlflow.db"]


def test_a_killed_creation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "MlflowClient", _Killed)

    with pytest.raises(KeyboardInterrupt):
        sqlite.prepare(uri(tmp_path / "lake" / "mlflow.db"))

    assert list((tmp_path / "lake").iterdir()) == []


def test_a_file_that_is_there_stays_as_it_is(lake_root: str) -> None:
    path = Path(lake_root) / "mlflow.db"
    before = path.read_bytes()

    sqlite.prepare(uri(path))

    assert path.read_bytes() == before


def test_a_file_made_by_another_process_meanwhile_stays(
    tmp_path: Path, empty_tracking_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mlflow.db"

    def copied_too_late(_: Path, part: Path) -> None:
        part.touch()
        path.write_bytes(empty_tracking_file.read_bytes() + b"theirs")

    monkeypatch.setattr(sqlite, "MlflowClient", _Client)
    monkeypatch.setattr(shutil, "copyfile", copied_too_late)

    sqlite.prepare(uri(path))

    assert path.read_bytes().endswith(b"theirs")
    assert [found.name for found in tmp_path.iterdir()] == ["mlflow.db"]


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database at all " * 100)

    with pytest.raises(
        ConfigError, match=r"mlflow\.db cannot be used: file is not a database\. Next: make it"
    ):
        sqlite.prepare(uri(tmp_path / "mlflow.db"))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("a file where the lake should be")

    with pytest.raises(
        ConfigError, match=r"mlflow\.db cannot be used: .+\. Next: make it a file that this user"
    ):
        sqlite.prepare(uri(tmp_path / "lake" / "mlflow.db"))


def test_a_file_that_another_process_writes_is_busy(lake_root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.0)
    path = Path(lake_root) / "mlflow.db"

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(TransientError, match="is being written by another process"):
            sqlite.prepare(uri(path))

    sqlite.prepare(uri(path))
