from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.errors import DataRefused
from tests.small_project import NOON

pytestmark = pytest.mark.spark

Project = Any  # the class in conftest.py


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
