"""Small tables that say what was done: rows from the driver in, filtered rows out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Generic, TypeVar

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.lake.lake import Lake
from pipeline.lake.writes import Commit, Txn

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TEXT = pa.string()
WHOLE = pa.int64()
MOMENT = pa.timestamp("us", tz="UTC")
TEXTS = pa.map_(TEXT, TEXT)
COUNTS = pa.map_(TEXT, WHOLE)

Entry = TypeVar("Entry")

_kept: dict[str, tuple[tuple[int, float] | None, dict[tuple[str, str], Any]]] = {}


class ControlTable:
    """One control table, with the schema it is created with."""

    def __init__(self, lake: Lake, name: str, schema: pa.Schema) -> None:
        self.lake = lake
        self.name = name
        self._schema = schema

    def version(self) -> int | None:
        """The table's newest version, None before its first row."""
        return self.lake.version(self.name)

    def mark(self) -> tuple[int, float] | None:
        """The newest version and when it was written, None before the first row: without a Spark job."""
        version = self.version()
        return None if version is None else (version, self.lake.written_at(self.name, version))

    def append(self, rows: Sequence[Mapping[str, Any]], txn: Txn) -> Commit:
        """Add rows once. Arrow hands them to the JVM as they are: no Python worker starts."""
        return self.lake.append(self.name, self._frame(rows), txn)

    def note(self, row: Mapping[str, Any]) -> None:
        """Add a row that is never added again."""
        self.lake.note(self.name, self._frame([row]))

    def read(self) -> DataFrame | None:
        """All rows, None before the first one."""
        return self.lake.read(self.name) if self.lake.exists(self.name) else None

    def _frame(self, rows: Sequence[Mapping[str, Any]]) -> DataFrame:
        columns = {field.name: [_arrow(row.get(field.name)) for row in rows] for field in self._schema}
        return self.lake.spark.createDataFrame(pa.table(columns, schema=self._schema))

    def columns(self) -> list[Column]:
        """What to select before collecting: a collected timestamp would be in the driver's own time zone."""
        return [
            F.unix_micros(field.name).alias(field.name) if field.type == MOMENT else F.col(field.name)
            for field in self._schema
        ]

    def values(self, collected: Mapping[str, Any]) -> dict[str, Any]:
        """A row collected through `columns`, its moments in UTC again."""
        moments = {field.name for field in self._schema if field.type == MOMENT}
        return {
            name: _EPOCH + timedelta(microseconds=value) if name in moments else value
            for name, value in collected.items()
        }


class NewestBatches(Generic[Entry]):
    """The entry of the newest batch of each step and source.

    Kept for the whole process until the table moves: each step of a run asks for the same few rows, and
    reading a small table costs most of a second.
    """

    def __init__(self, table: ControlTable, entry: Callable[..., Entry]) -> None:
        self._table = table
        self._entry = entry
        self._place = table.lake.sql_name(table.name)

    def find(self, step: str, name: str) -> Entry | None:
        """The newest entry, None when there is none."""
        mark = self._table.mark()
        seen, newest = _kept.get(self._place, (None, {}))
        if mark is None or mark != seen:
            newest = self._read()
            _kept[self._place] = (mark, newest)
        found: Entry | None = newest.get((step, name))
        return found

    def add(self, step: str, name: str, entry: Entry, commit: Commit) -> None:
        """Remember an entry just written, where that was the only news since the last look."""
        seen, newest = _kept.get(self._place, (None, {}))
        mark = self._table.mark()
        next_version = 0 if seen is None else seen[0] + 1
        if mark is not None and mark[0] == commit.version == next_version:
            _kept[self._place] = (mark, {**newest, (step, name): entry})

    def _read(self) -> dict[tuple[str, str], Entry]:
        rows = self._table.read()
        if rows is None:
            return {}
        whole = F.struct(*self._table.columns())
        newest = rows.groupBy("step", "name").agg(F.max_by(whole, "batch_id").alias("newest"))
        # One row per step and source, however many batches there were.
        return {
            (row["step"], row["name"]): self._entry(**self._table.values(row["newest"].asDict()))
            for row in newest.collect()
        }


def _arrow(value: Any) -> Any:
    """Arrow takes a map as its pairs."""
    return list(value.items()) if isinstance(value, Mapping) else value
