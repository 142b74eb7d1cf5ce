"""The manifest: every file that was ever taken up, and in which batch.

Its rows are also the intent of a batch: they freeze the files and the moment before anything is landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import NoReturn

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.lake.control import MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.hadoop import FileInfo
from pipeline.lake.lake import Lake
from pipeline.lake.names import MANIFEST
from pipeline.lake.writes import Txn

_SCHEMA = pa.schema(
    {
        "source": TEXT,
        "batch_id": WHOLE,
        "attempt": WHOLE,
        "path": TEXT,
        "size": WHOLE,
        "modified": MOMENT,
        "ingested_at": MOMENT,
        "header": TEXT,
        "columns": pa.list_(TEXT),
        "partitions": pa.list_(TEXT),
        "unreadable": TEXT,
    }
)
_kept: dict[tuple[str, tuple[int, float] | None], tuple[Entry, ...]] = {}
IGNORED = 0
"""The batch of files that were told of and left out; it never lands."""


@dataclass(frozen=True)
class Entry:
    """One file of a batch. `attempt` grows when a batch that never landed is frozen anew.

    `partitions` are columns that the file's folders name, `unreadable` is why it cannot be read.
    """

    source: str
    batch_id: int
    attempt: int
    path: str
    size: int
    modified: datetime
    ingested_at: datetime
    header: str = ""
    columns: Sequence[str] = ()
    partitions: Sequence[str] = ()
    unreadable: str = ""

    @property
    def facts(self) -> tuple[str, int, datetime]:
        """By which a file is the same one as before."""
        return (self.path, self.size, self.modified)


class Manifest:
    """The manifest of one lake, read once for all sources."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, MANIFEST, _SCHEMA)
        self._rows: list[Entry] = []
        self._attempts: dict[tuple[str, int], int] = {}
        self._remember(self._read())

    def known(self, source: str) -> list[Entry]:
        """The files of a source, those of a batch's newest attempt only; without header and columns."""
        rows = [row for row in self._rows if row.source == source]
        newest = self._attempts
        return [row for row in rows if row.batch_id == IGNORED or row.attempt == newest[source, row.batch_id]]

    def files(self, entries: Sequence[Entry]) -> list[Entry]:
        """The same files with header and columns: for a batch that is done again."""
        first = entries[0]
        rows = self._table.read()
        if rows is None:
            return list(entries)
        wanted = (
            (F.col("source") == first.source)
            & (F.col("batch_id") == first.batch_id)
            & (F.col("attempt") == first.attempt)
        )
        return self._collected(rows.where(wanted).orderBy("path"))

    def freeze(self, entries: Sequence[Entry]) -> None:
        """Write down the files of one attempt at a batch."""
        source = entries[0].source
        done = {(row.batch_id, row.attempt) for row in self._rows if row.source == source}
        self._table.append([asdict(entry) for entry in entries], Txn(f"manifest/{source}", len(done) + 1))
        self._remember([replace(entry, header="", columns=(), partitions=()) for entry in entries])

    def next_attempt(self, source: str, batch_id: int) -> int:
        """The number of the next attempt at a batch, from 1."""
        return self._attempts.get((source, batch_id), 0) + 1

    def _remember(self, entries: Sequence[Entry]) -> None:
        self._rows.extend(entries)
        for entry in entries:
            place = (entry.source, entry.batch_id)
            self._attempts[place] = max(entry.attempt, self._attempts.get(place, 0))

    def _read(self) -> Sequence[Entry]:
        """One small row for each file there ever was: as long as the listing that it is compared with.

        Kept until the table moves, of one lake at a time: a plan and the ingest behind it ask for the same.
        """
        mark = (self._table.lake.sql_name(self._table.name), self._table.mark())
        if mark not in _kept:
            rows = self._table.read()
            _kept.clear()
            _kept[mark] = () if rows is None else tuple(self._collected(_without_details(rows)))
        return _kept[mark]

    def _collected(self, rows: DataFrame) -> list[Entry]:
        found = (self._table.values(row.asDict()) for row in rows.select(*self._table.columns()).collect())
        return [Entry(**row) for row in found]


def _without_details(rows: DataFrame) -> DataFrame:
    none = F.array().cast("array<string>")
    return rows.withColumns({"header": F.lit(""), "columns": none, "partitions": none})


def changed_files(known: Iterable[Entry], listed: Iterable[FileInfo]) -> list[tuple[Entry, FileInfo]]:
    """The files that have another size or time than when they were last taken up, with that entry."""
    entries = sorted(known, key=lambda entry: entry.batch_id)
    seen = {entry.facts for entry in entries}
    last = {entry.path: entry for entry in entries if entry.batch_id != IGNORED}
    return [
        (last[file.path], file)
        for file in listed
        if file.path in last and (file.path, file.size, file.modified) not in seen
    ]


def refuse_changed(source: str, entry: Entry, file: FileInfo) -> NoReturn:
    """Raise DataRefused for a file that was landed and has another size or time now."""
    raise DataRefused(
        f"ingest refused sources.{source}: {file.path} changed after it was landed in batch "
        f"{entry.batch_id} ({_facts(entry)}; now {_facts(file)}). Put the landed file back, and give "
        f"changed rows a file name of their own; or set sources.{source}.on_changed_file to reload or ignore."
    )


def cut(files: Sequence[FileInfo], batch_size: int, most: int | None = None) -> list[list[FileInfo]]:
    """The files in batches of at most `batch_size` bytes and `most` files, in their order.

    A file larger than that is a batch alone.
    """
    batches: list[list[FileInfo]] = []
    room = 0
    for file in files:
        if not batches or file.size > room or len(batches[-1]) == most:
            batches.append([])
            room = batch_size
        batches[-1].append(file)
        room -= file.size
    return batches


def _facts(file: Entry | FileInfo) -> str:
    return f"{file.size:,} bytes of {file.modified:%Y-%m-%d %H:%M:%S}"
