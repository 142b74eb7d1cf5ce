"""Ended in the middle of a batch, by a kill or by the machines that read, and done again."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from typing import Any

import pytest
from pyspark.errors import PySparkException

from pipeline.lake import Ledger
from pipeline.steps.ingest import landing
from pipeline.steps.ingest.unreadable import probed
from tests.doubles import Killed, killed, lose_executors
from tests.small_project import NOON

pytestmark = pytest.mark.spark

Project = Any  # the class in conftest.py


def test_killed_after_unreadable_files_were_found_the_batch_is_the_same(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gzip.compress(b"id,price\n2," + os.urandom(400_000).hex().encode() + b"\n")
    project.write("a.csv", "id,price\n1,10\n")
    (project.files / "b.csv.gz").write_bytes(whole[:-50_000])
    gone = project.write("c.csv", "id,price\n3,30\n")
    with monkeypatch.context() as patched:
        patched.setattr(landing, "probed", lambda *_: gone.unlink(missing_ok=True) or probed(*_))
        patched.setattr(landing, "unreadable_rows", killed)
        with pytest.raises(Killed):
            project.ingest()

    result = project.ingest(NOON + timedelta(hours=1))

    assert result.rows == {"files": 3, "read": 3, "malformed": 2}
    assert project.rows("bronze_houses", "id", "_source_file", "_ingested_at", "_corrupt_record") == [
        ("1", "a.csv", NOON.replace(tzinfo=None), None),
        (None, "b.csv.gz", NOON.replace(tzinfo=None), "unreadable file: Unexpected end of input stream"),
        (None, "c.csv", NOON.replace(tzinfo=None), "unreadable file: it is not there any more"),
    ]
    gone.write_text("id,price\n3,30\n")
    assert project.ingest().rows == {"files": 1, "read": 1, "malformed": 0}


def test_killed_before_bronze_the_same_batch_is_done_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.csv", "id\n1\n")
    with monkeypatch.context() as patched:
        patched.setattr(landing, "records", killed)
        with pytest.raises(Killed):
            project.ingest()
    project.write("b.csv", "id\n2\n")

    result = project.ingest(NOON + timedelta(hours=1))

    assert project.rows("bronze_houses", "id", "_batch_id", "_ingested_at") == [
        ("1", 1, NOON.replace(tzinfo=None)),
        ("2", 2, NOON.replace(tzinfo=None, hour=13)),
    ]
    assert result.rows == {"files": 2, "read": 2, "malformed": 0}
    assert project.ingest().changed is False


def test_killed_before_the_ledger_nothing_lands_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.csv", "id,price\n1,10\n2\n")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", killed)
        with pytest.raises(Killed):
            project.ingest()
    path.unlink()  # it is landed: it is not needed any more
    project.write("b.csv", "id,price\n3,30\n")

    result = project.ingest()

    assert project.rows("bronze_houses", "id", "_batch_id", "_corrupt_record") == [
        ("1", 1, None),
        ("2", 1, "2"),
        ("3", 2, None),
    ]
    assert result.rows == {"files": 2, "read": 3, "malformed": 1}
    assert [row[0] for row in project.rows("ledger", "batch_id")] == [1, 2]


def test_killed_and_the_files_changed_the_batch_is_frozen_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.write("a.csv", "id\n1\n")
    with monkeypatch.context() as patched:
        patched.setattr(landing, "records", killed)
        with pytest.raises(Killed):
            project.ingest()
    path.write_text("id\n1\n2\n")

    result = project.ingest()

    assert result.rows == {"files": 1, "read": 2, "malformed": 0}
    assert project.rows("bronze_houses", "id", "_batch_id") == [("1", 1), ("2", 1)]
    assert project.rows("manifest", "attempt", "size") == [(1, 5), (2, 7)]
    assert project.ingest().changed is False


def test_executors_that_are_lost_say_nothing_about_the_file_they_had(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a.csv", "id\n1\n")
    project.ingest()
    project.write("b.csv", "id\n2\n")
    with monkeypatch.context() as patched:
        patched.setattr(landing, "records", lose_executors)
        with pytest.raises(PySparkException, match="ExecutorLostFailure"):
            project.ingest()
    assert [row[0] for row in project.rows("manifest", "attempt")] == [1, 1]

    assert project.ingest().rows == {"files": 1, "read": 1, "malformed": 0}
