"""Files that are missing, empty, changed, or cannot be read."""

from __future__ import annotations

import gzip
import os
import re
from datetime import timedelta
from typing import Any

import pytest

from pipeline.errors import ConfigError, DataRefused
from pipeline.steps.ingest import step as step_module
from tests.small_project import NOON

pytestmark = pytest.mark.spark

Project = Any  # the class in conftest.py


def test_a_path_that_means_no_file(project: Project) -> None:
    with pytest.raises(
        ConfigError, match=r"configuration: 'sources\.houses\.path' is an empty folder: .*/files\."
    ):
        project.ingest()

    project.source["path"] = f"{project.files}/*.csv"
    with pytest.raises(
        ConfigError, match=r"matches no file: .*files/\*\.csv\. Put files there, or correct the path\."
    ):
        project.ingest()
    assert not project.lake.exists()


def test_landed_files_may_be_taken_away(project: Project) -> None:
    path = project.write("a.csv", "id\n1\n")
    project.ingest()
    path.unlink()

    assert project.ingest().changed is False


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "0 bytes) is empty"), ("\n", "1 bytes) holds no row"), ("id,price\n", "9 bytes) holds no row")],
)
def test_a_source_without_rows_is_refused_and_nothing_is_written(
    project: Project, text: str, said: str
) -> None:
    project.write("a.csv", text)

    with pytest.raises(DataRefused, match=r"sources\.houses has no rows: file:.*a\.csv \(" + re.escape(said)):
        project.ingest()

    assert not project.lake.exists()


def test_an_empty_file_among_others_lands_no_rows_and_is_told(project: Project) -> None:
    said: list[str] = []
    project.write("a.csv", "id\n1\n")
    project.write("b.csv", "")

    class Listener(type(step_module.SILENT)):  # type: ignore[misc]
        def say(self, sentence: str) -> None:
            said.append(sentence)

    result = step_module.run(project.spark, project.config, now=NOON, progress=Listener())
    project.write("c.csv", "\n")
    later = project.ingest()

    assert [sentence.rpartition("/")[2] for sentence in said] == [
        "b.csv is empty; it is in the manifest and lands no rows"
    ]
    assert result.rows == {"files": 2, "read": 1, "malformed": 0}
    assert later.rows == {"files": 1, "read": 0, "malformed": 0}
    assert [row[0] for row in project.rows("manifest", "path")] == ["a.csv", "b.csv", "c.csv"]
    assert project.ingest().changed is False


def test_a_bad_header_leaves_everything_as_it_was(project: Project) -> None:
    project.write("a.csv", "id,price\n1,10\n")
    project.write("b.csv", "id,id\n1,10\n")

    with pytest.raises(DataRefused, match=r"b\.csv: columns 1 and 2 are both called 'id'"):
        project.ingest()

    assert not project.lake.exists()


def test_a_changed_file_is_refused(project: Project) -> None:
    path = project.write("a.csv", "id\n1\n")
    project.ingest()
    before = project.versions()
    path.write_text("id\n1\n2\n")

    with pytest.raises(
        DataRefused, match=r"a\.csv changed after it was landed in batch 1 \(5 bytes of .*; now 7 bytes"
    ):
        project.ingest()
    assert project.versions() == before


def test_an_unreadable_file_is_one_row_and_lands_whole_once_it_is_mended(project: Project) -> None:
    whole = gzip.compress(b"id,price\n2," + os.urandom(400_000).hex().encode() + b"\n3,30\n")
    (project.files / "a.csv").write_text("id,price\n1,10\n")
    (project.files / "b.csv.gz").write_bytes(whole[:-50_000])

    result = project.ingest()

    assert result.rows == {"files": 2, "read": 2, "malformed": 1}
    assert project.rows("bronze_houses", "id", "_source_file", "_batch_id", "_corrupt_record") == [
        ("1", "a.csv", 1, None),
        (None, "b.csv.gz", 1, "unreadable file: Unexpected end of input stream"),
    ]
    assert project.rows("manifest", "attempt", "path", "unreadable") == [
        (1, "a.csv", ""),
        (1, "b.csv.gz", ""),
        (2, "a.csv", ""),
        (2, "b.csv.gz", "Unexpected end of input stream"),
    ]
    assert project.ingest().changed is False

    (project.files / "b.csv.gz").write_bytes(whole)
    result = project.ingest(NOON + timedelta(hours=1))

    assert result.rows == {"files": 1, "read": 2, "malformed": 0}
    assert [row[1] for row in project.rows("bronze_houses", "_batch_id", "_source_file")] == [1, 1, 2, 2]
    assert project.ingest().changed is False


def test_when_no_first_file_can_be_read_nothing_lands(project: Project) -> None:
    whole = gzip.compress(b"id,price\n2," + os.urandom(400_000).hex().encode() + b"\n3,30\n")
    (project.files / "a.csv.gz").write_bytes(whole[:-50_000])

    with pytest.raises(
        DataRefused,
        match=r"refused batch 1 of houses: file:.*a\.csv\.gz cannot be read: Unexpected end of input",
    ):
        project.ingest()
    assert project.versions() == {"manifest": 1, "bronze_houses": 0}

    (project.files / "a.csv.gz").write_bytes(whole)
    assert project.ingest().rows == {"files": 1, "read": 2, "malformed": 0}
    assert project.ingest().changed is False


def test_a_short_unreadable_file_is_found_before_anything_is_written(project: Project) -> None:
    (project.files / "a.csv.gz").write_bytes(gzip.compress(b"id,price\n1,10\n")[:-12])

    with pytest.raises(DataRefused, match=r"a\.csv\.gz cannot be read: .*\. Nothing was landed\."):
        project.ingest()
    assert not project.lake.exists()


def test_changed_files_land_again_or_are_left_out_as_declared(project: Project) -> None:
    said: list[str] = []

    class Listener(type(step_module.SILENT)):  # type: ignore[misc]
        def say(self, sentence: str) -> None:
            said.append(sentence.replace(str(project.files), ""))

    def ingest(choice: str) -> dict[str, int]:
        project.source["on_changed_file"] = choice
        now = NOON + timedelta(hours=1)
        return dict(step_module.run(project.spark, project.config, now=now, progress=Listener()).rows)

    path = project.write("a.csv", "id\n1\n")
    project.ingest()
    path.write_text("id\n1\n2\n")
    assert ingest("ignore") == {}
    assert ingest("ignore") == {}
    assert ingest("fail") == {}
    path.write_text("id\n1\n2\n3\n")
    assert ingest("reload") == {"files": 1, "read": 3, "malformed": 0}
    assert ingest("fail") == {}

    assert said == [
        "ingest: file:/a.csv changed after it was landed in batch 1; it is left out",
        "ingest: file:/a.csv changed after batch 1, and lands again",
    ]
    assert project.rows("bronze_houses", "id", "_batch_id") == [("1", 1), ("1", 2), ("2", 2), ("3", 2)]
