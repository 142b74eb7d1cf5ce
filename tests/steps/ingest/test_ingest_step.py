from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Ledger
from pipeline.steps.ingest import landing
from pipeline.steps.ingest import step as step_module
from pipeline.steps.ingest.unreadable import probed

pytestmark = pytest.mark.spark

Project = Any  # the class in conftest.py
NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def killed(*args: Any, **kwargs: Any) -> Any:
    raise Killed


def test_files_land_once_with_where_and_when(project: Project) -> None:
    project.write("a.csv", "id,price\n1,10\n2,20\n")
    project.write("b.csv", "id,price\n3,30\n4\n")

    result = project.ingest()

    assert project.rows() == [
        ("1", "10", "a.csv", 1, NOON.replace(tzinfo=None), None),
        ("2", "20", "a.csv", 1, NOON.replace(tzinfo=None), None),
        ("3", "30", "b.csv", 1, NOON.replace(tzinfo=None), None),
        ("4", None, "b.csv", 1, NOON.replace(tzinfo=None), "4"),
    ]
    assert (result.verdict, result.changed) == ("done", True)
    assert result.rows == {"files": 2, "read": 4, "malformed": 1}
    assert result.sources == {"houses": {"files": 2, "read": 4, "malformed": 1}}
    assert result.tables == {"bronze_houses": 0}


def test_nothing_new_moves_no_table(project: Project) -> None:
    project.write("a.csv", "id,price\n1,10\n")
    project.ingest()
    before = project.versions()

    again = project.ingest()

    assert (again.verdict, again.changed, again.rows) == ("nothing new", False, {})
    assert again.tables == {"bronze_houses": 0}
    assert project.versions() == before


def test_only_new_files_land_and_columns_may_come(project: Project) -> None:
    project.write("a.csv", "id,price\n1,10\n")
    project.ingest()
    project.write("b.csv", "note,price,id\nfine,20,2\n")

    result = project.ingest(NOON + timedelta(days=1))

    assert result.rows == {"files": 1, "read": 1, "malformed": 0}
    assert project.rows("bronze_houses", "id", "price", "note", "_batch_id") == [
        ("1", "10", 1, None),
        ("2", "20", 2, "fine"),
    ]
    assert project.rows("manifest", "batch_id", "path") == [(1, "a.csv"), (2, "b.csv")]


def test_files_with_other_headers_are_never_misread(project: Project) -> None:
    project.write("a.csv", "id,price\n1,10\n")
    project.write("b.csv", "price,id\n20,2\nid,price\n")
    project.write("c.csv", '\ufeff"id",extra\r\n3,x\r\n')
    project.write("d.csv", "id,price\n4,40\nid,price\n5,50\n")

    project.ingest()

    assert project.rows("bronze_houses", "id", "price", "extra", "_corrupt_record") == [
        ("1", "10", None, None),
        ("2", "20", None, None),
        ("3", None, "x", None),
        ("4", "40", None, None),
        ("5", "50", None, None),
        ("price", "id", None, None),
    ]


def test_a_folder_is_walked_and_names_may_have_any_letters(project: Project) -> None:
    project.write("a b+c%20 [1] é.csv", "id\n1\n")
    project.write("deep/er/{x}*.csv", "id\n2\n")
    project.write("_SUCCESS", "")
    project.write(".hidden.csv", "id\n9\n")

    project.ingest()

    assert project.rows("bronze_houses", "id", "_source_file") == [
        ("1", "a b+c%20 [1] é.csv"),
        ("2", "{x}*.csv"),
    ]
    manifest = {row[0] for row in project.rows("manifest", "path")}
    assert manifest == {"a b+c%20 [1] é.csv", "{x}*.csv"}
    assert project.ingest().changed is False


def test_compressed_files_land(project: Project) -> None:
    (project.files / "a.csv.gz").write_bytes(gzip.compress(b"id,price\n1,10\n"))

    project.ingest()

    assert project.rows("bronze_houses", "id", "price") == [("1", "10")]


def test_batches_are_cut_by_bytes(make_project: Callable[..., Project]) -> None:
    project = make_project(batch_size="20b")
    for name in "abc":
        project.write(f"{name}.csv", "id\n1\n2\n3\n4\n")

    result = project.ingest()

    assert result.rows == {"files": 3, "read": 12, "malformed": 0}
    assert set(project.rows("bronze_houses", "_source_file", "_batch_id")) == {
        ("a.csv", 1),
        ("b.csv", 2),
        ("c.csv", 3),
    }
    assert [row[0] for row in project.rows("ledger", "batch_id")] == [1, 2, 3]


def test_a_file_without_a_header(make_project: Callable[..., Project]) -> None:
    project = make_project(options={"header": "false"})
    project.write("a.csv", "1,10\n2,20\n")

    project.ingest()

    assert project.rows("bronze_houses", "_c0", "_c1") == [("1", "10"), ("2", "20")]


def test_a_file_without_a_header_takes_the_declared_names(make_project: Callable[..., Project]) -> None:
    project = make_project(options={"header": "false"}, schema="id BIGINT, price DOUBLE")
    project.write("a.csv", "1,10\n2\n")

    project.ingest()

    assert project.rows("bronze_houses", "id", "price", "_corrupt_record") == [
        ("1", "10", None),
        ("2", None, "2"),
    ]


def test_quoted_fields_may_span_lines_when_declared(make_project: Callable[..., Project]) -> None:
    project = make_project(options={"multiLine": "true"})
    project.write("a.csv", 'id,note\n1,"two\nlines"\n2,x\n3\n')
    project.write("b.csv", "note,id\n,4\n")

    result = project.ingest()

    assert project.rows("bronze_houses", "id", "note", "_source_file", "_corrupt_record") == [
        ("1", "two\nlines", "a.csv", None),
        ("2", "x", "a.csv", None),
        ("3", None, "a.csv", "3"),
        ("4", None, "b.csv", None),
    ]
    assert result.rows["malformed"] == 1


def test_json_lines_land_as_received(make_project: Callable[..., Project]) -> None:
    project = make_project(format="json")
    project.write("a.json", '{"id": 1, "price": 10.50}\n\nbroken\n')

    result = project.ingest()

    assert project.rows("bronze_houses", "value", "_source_file", "_corrupt_record") == [
        ("broken", "a.json", "broken"),
        ('{"id": 1, "price": 10.50}', "a.json", None),
    ]
    assert result.rows == {"files": 1, "read": 2, "malformed": 1}


def test_parquet_lands_typed_and_by_name(make_project: Callable[..., Project], spark: SparkSession) -> None:
    project = make_project(format="parquet")
    spark.sql("SELECT 1L AS id, 10.5D AS price").coalesce(1).write.parquet(str(project.files / "a"))
    spark.sql("SELECT 'x' AS note, 2L AS id").coalesce(1).write.parquet(str(project.files / "b"))

    project.ingest()

    assert project.rows("bronze_houses", "id", "price", "note") == [(1, 10.5, None), (2, None, "x")]


def test_parquet_files_that_contradict_each_other(
    make_project: Callable[..., Project], spark: SparkSession
) -> None:
    project = make_project(format="parquet")
    spark.sql("SELECT 1L AS id").coalesce(1).write.parquet(str(project.files / "a"))
    project.ingest()
    spark.sql("SELECT 'x' AS id").coalesce(1).write.parquet(str(project.files / "b"))

    with pytest.raises(
        DataRefused, match=r"batch 2 of houses: column 'id' is STRING in file:.*/files/b/.*, and BIGINT"
    ):
        project.ingest()

    (project.files / "b").rename(project.files / "d")
    spark.sql("SELECT 1L AS id").coalesce(1).write.parquet(str(project.files / "c"))
    with pytest.raises(
        DataRefused, match=r"files/d/.*: column 'id' is STRING, and BIGINT in files before it"
    ):
        project.ingest()
    assert project.rows("bronze_houses", "id") == [(1,)]


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


def test_the_manifest_of_an_earlier_release_still_counts(project: Project) -> None:
    project.write("a.csv", "id\n1\n")
    project.ingest()
    manifest = str(project.lake / "manifest")
    older = project.spark.read.format("delta").load(manifest).drop("partitions", "unreadable")
    older.write.format("delta").mode("overwrite").option("overwriteSchema", "true").save(manifest)
    assert project.ingest().changed is False

    project.write("b.csv", "id\n2\n")
    assert project.ingest().rows == {"files": 1, "read": 1, "malformed": 0}
    assert project.ingest().changed is False
