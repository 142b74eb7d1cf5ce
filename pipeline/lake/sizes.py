"""How large a table is, by what Delta's log says of its files: no data file is opened.

A log of a few small commits is read as it is, by the driver. A longer one is Delta's to read: Spark jobs over
the log, whatever the size of the table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from pipeline.lake.lake import Lake

_COMMIT = re.compile(r"(\d{20})\.json")
_MOST_COMMITS, _MOST_BYTES = 12, 2 * 2**20
_WANTED = ('{"add"', '{"remove"', '{"metaData"')


@dataclass(frozen=True)
class TableSize:
    """A table at a version: its files, their bytes, and its rows where every file tells them."""

    version: int
    files: int
    bytes: int
    rows: int | None
    schema: StructType


def table_size(lake: Lake, table: str, version: int | None = None) -> TableSize | None:
    """The size of a table, now or at a version; None where there is none."""
    newest = lake.version(table)
    if newest is None:
        return None
    asked = newest if version is None else version
    log = _short_log(lake, table, asked)
    return _by_driver(asked, log) if log is not None else _by_delta(lake, table, asked)


def _short_log(lake: Lake, table: str, version: int) -> list[str] | None:
    """The commits up to a version, oldest first; None where they are many, large, or not all there."""
    if version >= _MOST_COMMITS:
        return None
    folder = f"{lake.path(table)}/_delta_log"
    names = [name for name in lake.files.names(folder) if _COMMIT.fullmatch(name)][: version + 1]
    if len(names) <= version or int(names[-1][:20]) != version:
        return None
    texts, left = [], _MOST_BYTES
    for name in names:
        content = lake.files.head(f"{folder}/{name}", left + 1)
        left -= len(content)
        if left < 0:
            return None
        texts.append(content.decode("utf-8"))
    return texts


def _by_driver(version: int, commits: Iterable[str]) -> TableSize:
    """The files that are left once every commit has added and removed its own."""
    files: dict[str, Mapping[str, Any]] = {}
    schema = "{}"
    for commit in commits:
        actions = [json.loads(line) for line in commit.splitlines() if line.startswith(_WANTED)]
        for action in actions:
            if "remove" in action:
                files.pop(action["remove"]["path"], None)
        for action in actions:
            if "add" in action:
                files[action["add"]["path"]] = action["add"]
            elif "metaData" in action:
                schema = action["metaData"]["schemaString"]
    rows = [_rows(file) for file in files.values()]
    known = [count for count in rows if count is not None]
    total = sum(known) if len(known) == len(rows) else None
    size = sum(int(file["size"]) for file in files.values())
    return TableSize(version, len(files), size, total, StructType.fromJson(json.loads(schema)))


def _rows(file: Mapping[str, Any]) -> int | None:
    records = json.loads(file.get("stats") or "{}").get("numRecords")
    gone = (file.get("deletionVector") or {}).get("cardinality", 0)
    return None if records is None else int(records) - int(gone)


def _by_delta(lake: Lake, table: str, version: int) -> TableSize:
    jvm: Any = lake.spark._jvm
    nothing = jvm.scala.Option.empty()
    log = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(lake.spark._jsparkSession, lake.path(table))
    snapshot = log.getSnapshotAt(version, nothing, nothing, False)
    files = DataFrame(snapshot.allFiles().toDF(), lake.spark)
    records = "CAST(get_json_object(stats, '$.numRecords') AS BIGINT)"
    gone = "coalesce(deletionVector.cardinality, 0)"
    parts = ["count(*) files", "coalesce(sum(size), 0) bytes", f"sum({records} - {gone}) rows"]
    row = files.selectExpr(*parts, f"count({records}) told").first()
    assert row is not None  # an aggregation without groups has one row
    rows = row["rows"] or 0 if row["told"] == row["files"] else None
    schema = StructType.fromJson(json.loads(snapshot.schema().json()))
    return TableSize(version, row["files"], row["bytes"], rows, schema)
