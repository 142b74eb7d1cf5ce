"""Every format beside the others: one source each in one project, landed together."""

from __future__ import annotations

import bz2
import gzip
import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.config.formats import EXTENSIONS, Format
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Lake, Ledger
from pipeline.lake.commits import version_of
from pipeline.progress import SILENT
from pipeline.steps.ingest.formats import FORMATS
from pipeline.steps.ingest.step import run
from tests.small_project import NOON

AVRO = "org.apache.spark.sql.avro.AvroFileFormat"


class Told(type(SILENT)):  # type: ignore[misc]
    """Keeps what is said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Yard:
    """A folder of files for each source, and a lake."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.folder = folder
        self.lake = folder / "lake"
        self.sources: dict[str, dict[str, Any]] = {}

    def source(self, name: str, kind: str, **more: Any) -> Path:
        files = self.folder / name
        files.mkdir(exist_ok=True)
        self.sources[name] = {"path": str(files), "format": kind, **more}
        return files

    def ingest(self, now: datetime = NOON) -> list[str]:
        told = Told()
        values: dict[str, Any] = {
            "name": "demo",
            "task": "regression",
            "lake": {"root": str(self.lake)},
            "sources": self.sources,
            "features": {"label": "price", "query": "SELECT 1", "key": ["id"]},
        }
        run(self.spark, Config.model_validate(values), now=now, progress=told)
        return told.sentences

    def columns(self) -> dict[str, Any]:
        """The columns of every source's newest batch, as the ledger has them."""
        entries = Ledger(Lake(self.spark, str(self.lake))).entries("ingest")
        newest = {entry.name: entry for entry in reversed(entries)}
        return {name: json.loads(entry.details.get("columns", "null")) for name, entry in newest.items()}

    def rows(self, source: str, *columns: str) -> list[tuple[Any, ...]]:
        frame = self.spark.read.format("delta").load(str(self.lake / f"bronze_{source}"))
        found = [tuple(row) for row in frame.select(*columns).collect()]
        return sorted(found, key=str)


def test_each_format_has_a_reader_and_no_extension_is_of_another() -> None:
    assert tuple(FORMATS) == get_args(Format)
    assert set(EXTENSIONS.values()) <= set(FORMATS)


@pytest.fixture
def yard(spark: SparkSession, tmp_path: Path) -> Yard:
    return Yard(spark, tmp_path)


@pytest.mark.spark
def test_all_formats_land_what_they_hold(yard: Yard, spark: SparkSession) -> None:
    first = spark.sql("SELECT 1L AS id, 10.5D AS price").coalesce(1)
    second = spark.sql("SELECT 'x' AS note, 2L AS id").coalesce(1)
    for kind, reader in (("parquet", "parquet"), ("orc", "orc"), ("avro", AVRO)):
        files = yard.source(kind, kind)
        first.write.format(reader).save(str(files / "a"))
        second.write.format(reader).save(str(files / "b"))
        (files / f"zero.{kind}").write_bytes(b"")
    write_texts(yard.source("texts", "csv"))
    write_partitions(yard.source("folders", "csv"))
    documents = yard.source("documents", "json", options={"multiLine": "true"})
    (documents / "array.json.gz").write_bytes(gzip.compress(b'[\n {"id": 1.50},\n {"id":\n 2}]'))
    (documents / "one.json").write_text('{"id":\n 3}')
    (documents / "cut.json").write_text('[{"id": 4}, {"id"')
    lines = yard.source("lines", "json", options={"encoding": "latin1"})
    (lines / "year=2024").mkdir()
    (lines / "year=2024" / "a.json").write_bytes('{"name": "é"}\n'.encode("latin-1"))

    yard.ingest()

    for kind in ("parquet", "orc", "avro"):
        assert yard.rows(kind, "id", "price", "note", "_corrupt_record") == [
            (1, 10.5, None, None),
            (2, None, "x", None),
        ]
    assert yard.rows("texts", "id", "price") == [(f"{number}", "10") for number in range(1, 6)]
    assert yard.rows("folders", "id", "year", "town", "_corrupt_record") == [
        ("1", "2024", "New York", None),
        ("2", "2024", None, None),
        ("3", None, None, None),
    ]
    assert yard.rows("documents", "value", "_corrupt_record") == [
        ('{"id"', '{"id"'),
        ('{"id": 1.50}', None),
        ('{"id": 4}', None),
        ('{"id":\n 2}', None),
        ('{"id":\n 3}', None),
    ]
    assert yard.rows("lines", "value", "year", "_corrupt_record") == [('{"name": "é"}', "2024", None)]
    assert yard.columns() == {
        "parquet": ["id", "price", "note"],
        "orc": ["id", "price", "note"],
        "avro": ["id", "price", "note"],
        "texts": ["id", "price"],
        "folders": ["id"],
        "documents": None,
        "lines": None,
    }


def write_texts(files: Path) -> None:
    (files / "1.csv").write_text("id,price\n1,10\n")
    (files / "2.csv.gz").write_bytes(gzip.compress(b"id,price\n2,10\n"))
    (files / "3.csv.bz2").write_bytes(bz2.compress(b"id,price\n3,10\n"))
    with pa.CompressedOutputStream(str(files / "4.csv.zst"), "zstd") as stream:
        stream.write(b"id,price\n4,10\n")
    (files / "5.csv").mkdir()
    (files / "5.csv" / "deeper.csv").write_text("price,id\n10,5\n")


def write_partitions(files: Path) -> None:
    for folder, number in (
        ("year=2024/town=New%20York", 1),
        ("year=2024/town=__HIVE_DEFAULT_PARTITION__", 2),
    ):
        (files / folder).mkdir(parents=True)
        (files / folder / "part-0.csv").write_text(f"id\n{number}\n")
    (files / "plain.csv").write_text("id\n3\n")


@pytest.mark.spark
def test_files_that_contradict_each_other_or_their_folder(yard: Yard, spark: SparkSession) -> None:
    for name, sentence in (
        ("orc", r"files have|column 'id' is STRING, and BIGINT in files before it"),
        ("avro", r"column 'id' is (STRING|BIGINT), and (STRING|BIGINT) in files before it"),
    ):
        files = yard.source(name, name)
        reader = AVRO if name == "avro" else name
        spark.sql("SELECT 1L AS id").coalesce(1).write.format(reader).save(str(files / "a"))
        spark.sql("SELECT 'x' AS id").coalesce(1).write.format(reader).save(str(files / "b"))
        with pytest.raises(DataRefused, match=sentence):
            yard.ingest()
        del yard.sources[name]
    files = yard.source("folders", "csv")
    (files / "ID=1").mkdir()
    (files / "ID=1" / "a.csv").write_text("id\n1\n")
    with pytest.raises(DataRefused, match=r"a\.csv: column 'ID' stands in the file and in the name of its f"):
        yard.ingest()


def test_a_commit_is_told_by_its_file() -> None:
    assert version_of("file:/t/_delta_log/00000000000000000012.json") == 12
    assert version_of("file:/t/_delta_log/00000000000000000010.checkpoint.parquet") is None


@pytest.mark.spark
def test_a_delta_table_lands_whole_and_then_what_its_commits_add(yard: Yard, spark: SparkSession) -> None:
    table = str(yard.source("houses", "delta"))
    with pytest.raises(ConfigError, match=r"'sources\.houses\.path' is no Delta table: .*/houses\. Write"):
        yard.ingest()
    add(spark, table, "SELECT 1L AS id, 'a b' AS town")
    add(spark, table, "SELECT 2L AS id, 'c' AS town")
    yard.ingest()
    assert places(yard) == [(1, "a b", "houses@v1"), (2, "c", "houses@v1")]

    add(spark, table, "SELECT 3L AS id, 'd' AS town, 7 AS rooms")
    spark.sql(f"OPTIMIZE delta.`{table}`")
    add(spark, table, "SELECT 4L AS id, 'e' AS town, 8 AS rooms")
    yard.ingest(NOON + timedelta(hours=1))
    added = [(3, "d", f"{2:020}.json"), (4, "e", f"{4:020}.json")]
    assert places(yard) == [(1, "a b", "houses@v1"), (2, "c", "houses@v1"), *added]
    assert yard.rows("houses", "rooms") == [(7,), (8,), (None,), (None,)]
    assert yard.columns() == {"houses": ["id", "town", "rooms"]}
    assert yard.ingest() == []

    spark.sql(f"UPDATE delta.`{table}` SET town = 'z' WHERE id = 4")
    with pytest.raises(DataRefused, match=r"0{19}5\.json takes rows away or changes them\. What has landed"):
        yard.ingest()
    yard.sources["houses"]["on_changed_file"] = "ignore"
    assert [sentence.partition("json ")[2] for sentence in yard.ingest()] == [
        "takes rows away or changes them; it is left out"
    ]
    assert yard.ingest() == []
    spark.sql(f"DELETE FROM delta.`{table}` WHERE id < 4")
    yard.sources["houses"]["on_changed_file"] = "reload"
    (told,) = yard.ingest(NOON + timedelta(hours=2))
    assert told.endswith("; the whole table lands again")
    assert places(yard)[-1] == (4, "z", "houses@v6")
    assert yard.ingest() == []

    shutil.rmtree(table)
    add(spark, table, "SELECT 5L AS id, 'anew' AS town, 9 AS rooms")
    (told,) = yard.ingest(NOON + timedelta(hours=3))
    assert "the table's newest version is 0, and version 6 has landed: it was made anew" in told
    add(spark, table, "SELECT 6L AS id, 'more' AS town, 9 AS rooms")
    assert yard.ingest(NOON + timedelta(hours=4)) == []
    assert places(yard)[-2:] == [(5, "anew", "houses@v0"), (6, "more", f"{1:020}.json")]


def add(spark: SparkSession, table: str, query: str) -> None:
    rows = spark.sql(query).coalesce(1)
    rows.write.format("delta").mode("append").option("mergeSchema", "true").save(table)


def places(yard: Yard) -> Sequence[tuple[Any, ...]]:
    found = yard.rows("houses", "id", "town", "_source_file")
    return [(id_, town, place.rpartition("/")[2]) for id_, town, place in found]
