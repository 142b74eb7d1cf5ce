"""A gallery of bad files: ingest and clean never die of them, and the ledger says where every record went.

All stand in a few sources of one project, landed and cleaned once; the cases then look at what came of them.
"""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.lake import Lake, Ledger
from pipeline.steps.clean.step import run as clean
from pipeline.steps.ingest import landing
from pipeline.steps.ingest.step import run as ingest
from tests.small_project import NOON

pytestmark = pytest.mark.spark
HEAD = b"id,price,note\n"
ROWS = b"".join(b"%d,%d,%d\n" % (10_000 + number, number, number * 7919 % 1000) for number in range(60_000))
LONG = 10 * 2**20
VALUE_TYPES = {"id": "BIGINT", "whole": "INT", "number": "DOUBLE", "day": "DATE", "moment": "TIMESTAMP"}
FIELDS = {"id": "BIGINT", "price": "INT"}


class Case(NamedTuple):
    """A file, and what becomes of it: the keys of its rows in silver, and the rules its bad rows break."""

    content: bytes | None
    silver: list[int]
    bad: list[str] = []  # noqa: RUF012


def zst(content: bytes) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.CompressedOutputStream(stream, "zstd") as compressed:
        compressed.write(content)
    return bytes(stream.getvalue())


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


TEXTS = {
    "good.csv": Case(HEAD + b"1,10,fine\n", [1]),
    "truncated.csv": Case(HEAD + b"2,20,fine\n3,3", [2], ["malformed"]),
    "truncated.csv.gz": Case(half(gzip.compress(HEAD + ROWS)), [], ["unreadable"]),
    "truncated.csv.bz2": Case(bz2.compress(HEAD + ROWS)[:-200], [], ["unreadable"]),
    "truncated.csv.zst": Case(zst(HEAD + ROWS)[:-200], [], ["unreadable"]),
    "no_gzip.csv.gz": Case(HEAD + b"4,40,x\n", [], ["unreadable"]),
    "quotes.csv": Case(HEAD + b'5,50,"open\n6,60,"closed"\n7,70,5" pipe\n', [6, 7], ["malformed"]),
    "long.csv": Case(HEAD + b"8,80," + b"x" * LONG + b"\n9,90,x\n", [8, 9]),
    "long_open.csv": Case(HEAD + b'11,110,"' + b'""' * (LONG // 2) + b"\n12,120,x\n", [12], ["malformed"]),
    "latin.csv": Case(HEAD + b"13,130,caf\xe9\n14,140,x\n", [14], ["malformed"]),
    "nul.csv": Case(HEAD + b"15,150,a\x00b\n16,1\x006,x\n", [15], ["type"]),
    "bom.csv": Case(b"\xef\xbb\xbf" + HEAD + b"17,170,x\n", [17]),
    "crlf.csv": Case(HEAD.replace(b"\n", b"\r\n") + b"18,180,x\r\n", [18]),
    "utf16.csv": Case((HEAD + b"19,190,x\n").decode().encode("utf-16"), [], ["unreadable"]),
    "repeated.csv": Case(HEAD + b"20,200,x\n" + HEAD + b"21,210,x\n", [20, 21]),
    "reordered.csv": Case(b"note,id,price\nx,22,220\n", [22]),
    "missing.csv": Case(b"id,note\n23,x\n", [23]),
    "extra.csv": Case(b"id,price,note,a b,c.d\n24,240,x,y,z\n", [24]),
    "other_case.csv": Case(b"ID,Price,NOTE\n25,250,x\n", [25]),
    "empty.csv": Case(b"", []),
    "empty.csv.gz": Case(gzip.compress(b""), []),
    "blank.csv": Case(b"\n\n", []),
    "header.csv": Case(HEAD, []),
    "gone.csv": Case(HEAD + b"26,260,x\n", [], ["unreadable"]),
    "folder.csv/inside.csv": Case(HEAD + b"27,270,x\n", [27]),
    "wide.csv": Case(HEAD + b"28,280,x,too,many\n29\n,290,no key\n", [], ["key", "malformed", "malformed"]),
}
LINES = {
    "good.json": Case(b'{"id": 1, "price": 10}\n', [1]),
    "truncated.json": Case(b'{"id": 2, "price": 20}\n{"id": 3, "pri', [2], ["malformed"]),
    "truncated.json.gz": Case(
        half(gzip.compress(b'{"id": 4, "note": "' + os.urandom(300_000).hex().encode() + b'"}\n')),
        [],
        ["unreadable"],
    ),
    "marks.json": Case(
        b'\xef\xbb\xbf{"id": 5, "price": 50}\r\n{"id": 6, "note": "caf\xe9"}\n', [5], ["malformed"]
    ),
    # NaN is no JSON: its text is no DOUBLE. Names of fields count by their case.
    "values.json": Case(
        b'{"id": 7, "price": NaN}\n[{"id": 8}]\n"9"\n{"ID": 10}\n',
        [],
        ["key", "malformed", "malformed", "type"],
    ),
    "long.json": Case(b'{"id": 11, "note": "' + b"x" * LONG + b'"}\n', [11]),
    "empty.json": Case(b"", []),
}
DOCUMENTS = {
    "array.json": Case(b'[{"id": 1, "price": 10},\n{"id":\n2}]', [1, 2]),
    "truncated.json": Case(b'[{"id": 3, "price": 30}, {"id": 4', [3], ["malformed"]),
    "pretty.json": Case(b'{\n "id": 5\n}\n{\n "id": 6\n}', [5, 6]),
    "no_json.json": Case(b"id,price\n7,70\n", [], ["malformed"]),
    "cut.json.gz": Case(half(gzip.compress(os.urandom(300_000))), [], ["unreadable"]),
}
VALUES = {
    "good.csv": Case(b"id,whole,number,day,moment\n1,1,1.5,2024-02-29,2024-03-31 01:30:00\n", [1]),
    "overflow.csv": Case(
        b"id,whole\n2,2147483648\n3,-2147483648\n99999999999999999999,1\n", [3], ["type", "type"]
    ),
    "numbers.csv": Case(b"id,number\n4,NaN\n5,-Infinity\n6,1e400\n7,0x10\n", [4, 5, 6], ["type"]),
    "days.csv": Case(b"id,day\n8,2023-02-29\n9,2024-13-01\n10,0000-00-00\n", [], ["type", "type", "type"]),
    # In the session's time zone, UTC, no hour is left out; elsewhere Spark would move 2:30 to 3:30.
    "moments.csv": Case(b"id,moment\n11,2024-03-31 02:30:00\n12,2024-03-31 24:00:00\n", [11], ["type"]),
}
SOURCES: dict[str, tuple[dict[str, Case], dict[str, Any]]] = {
    "texts": (TEXTS, {"format": "csv", "key": "id", "types": FIELDS}),
    "lines": (LINES, {"format": "json", "key": "id", "schema": "id BIGINT, price DOUBLE, note STRING"}),
    "documents": (
        DOCUMENTS,
        {"format": "json", "key": "id", "schema": "id BIGINT", "options": {"multiLine": "true"}},
    ),
    "typed": (
        VALUES,
        {
            "format": "csv",
            "key": "id",
            "types": {
                "id": "BIGINT",
                "whole": "INT",
                "number": "DOUBLE",
                "day": "DATE",
                "moment": "TIMESTAMP",
            },
        },
    ),
    "parquet": (
        {
            "good.parquet": Case(None, [1]),
            "other.parquet": Case(None, [2]),
            "empty.parquet": Case(None, []),
            "footer.parquet": Case(None, [], ["unreadable"]),
            "text.parquet": Case(b"id,price\n1,10\n", [], ["unreadable"]),
            "zero.parquet": Case(b"", []),
        },
        {"format": "parquet", "key": "id"},
    ),
    "orc": ({"good.orc": Case(None, [1]), "footer.orc": Case(None, [], ["unreadable"])}, {"key": "id"}),
    "avro": ({"good.avro": Case(None, [1]), "footer.avro": Case(None, [], ["unreadable"])}, {"key": "id"}),
}
CASES = [(source, name) for source, (cases, _) in SOURCES.items() for name in cases]


class Outcome(NamedTuple):
    """What became of all: silver's keys and the broken rules by source and file, the ledger by source."""

    silver: dict[str, dict[str, list[int]]]
    bad: dict[str, dict[str, list[str]]]
    ledger: dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def outcome(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("data")
    for source, (cases, _) in SOURCES.items():
        for name, case in cases.items():
            path = folder / source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if case.content is not None:
                path.write_bytes(case.content)
    write_typed(spark, folder)
    sources = {name: {"path": f"{folder / name}", **more} for name, (_, more) in SOURCES.items()}
    for name in ("orc", "avro"):
        sources[name]["format"] = name
    config = Config.model_validate(
        {
            "name": "demo",
            "task": "regression",
            "lake": {"root": str(folder / "lake")},
            "sources": {name: {**source, "max_quarantined": 1.0} for name, source in sources.items()},
            "features": {"label": "price", "query": "SELECT 1", "key": ["id"]},
        }
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(landing, "records", after_removing(folder / "texts" / "gone.csv"))
        ingest(spark, config, now=NOON)
    clean(spark, config, now=NOON)
    entries = Ledger(Lake(spark, config.lake.root)).entries("clean")
    tables = {name: folder / "lake" / f"silver_{name}" for name in sources}
    bad = {name: folder / "lake" / f"quarantine_{name}" for name in sources}
    return Outcome(
        {name: by_file(spark, table, "id") for name, table in tables.items()},
        {name: by_file(spark, table, "_errors[0].rule") for name, table in bad.items()},
        {entry.name: dict(entry.rows) for entry in entries},
    )


def write_typed(spark: SparkSession, folder: Path) -> None:
    one, other = spark.sql("SELECT 1L AS id, 10 AS price"), spark.sql("SELECT 2L AS id, 'x' AS note")
    readers = {"parquet": "parquet", "orc": "orc", "avro": "org.apache.spark.sql.avro.AvroFileFormat"}
    for kind, reader in readers.items():
        written = {"good": one, "footer": one}
        written |= {"other": other, "empty": one.where("id = 2")} if kind == "parquet" else {}
        for name, rows in written.items():
            scratch = folder / "scratch" / kind / name
            rows.coalesce(1).write.format(reader).save(str(scratch))
            content = next(scratch.glob("part-*")).read_bytes()
            content = content[:-20] if name == "footer" else content
            (folder / kind / f"{name}.{kind}").write_bytes(content)


def after_removing(path: Path) -> Callable[..., Any]:
    """`records`, with a file taken away between listing and reading."""
    real = landing.records

    def records(*args: Any) -> Any:
        path.unlink(missing_ok=True)
        return real(*args)

    return records


def by_file(spark: SparkSession, table: Path, column: str) -> dict[str, list[Any]]:
    """The values of a column by the file that they came from."""
    found: dict[str, list[Any]] = {}
    if table.exists():
        rows = spark.read.format("delta").load(str(table)).selectExpr("_source_file", column)
        for file, value in sorted(map(tuple, rows.collect())):
            found.setdefault(file.rpartition("/")[2], []).append(value)
    return found


@pytest.mark.parametrize(("source", "name"), CASES)
def test_every_record_of_a_file_is_in_silver_or_kept_aside_with_its_reason(
    outcome: Outcome, source: str, name: str
) -> None:
    case, file = SOURCES[source][0][name], name.rpartition("/")[2]

    assert outcome.silver[source].get(file, []) == case.silver
    assert outcome.bad[source].get(file, []) == case.bad


@pytest.mark.parametrize("source", SOURCES)
def test_the_ledger_adds_up(outcome: Outcome, source: str) -> None:
    cases = SOURCES[source][0].values()
    silver = sum(len(case.silver) for case in cases)
    malformed = sum(case.bad.count(rule) for case in cases for rule in ("malformed", "unreadable"))
    bad = sum(len(case.bad) for case in cases)
    ledger = outcome.ledger[source]

    assert (ledger["read"], ledger["malformed"]) == (silver + bad, malformed)
    assert (ledger["inserted"], ledger["quarantined"]) == (silver, bad - malformed)
