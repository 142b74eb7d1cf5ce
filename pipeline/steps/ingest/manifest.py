"""The manifest: every file that was ever taken up, and in which batch.

Its rows are also the intent of a batch: they freeze the files and the moment before anything is landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pyarrow as pa
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.lake.control import MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.hadoop import FileInfo
from pipeline.lake.lake import Lake, Txn
from pipeline.lake.names import MANIFEST

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
    }
)


@dataclass(frozen=True)
class Entry:
    """One file of a batch. `attempt` grows when a batch that never landed is frozen anew."""

    source: str
    batch_id: int
    attempt: int
    path: str
    size: int
    modified: datetime
    ingested_at: datetime
    header: str = ""
    columns: Sequence[str] = ()


class Manifest:
    """The manifest of one lake, read once for all sources."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, MANIFEST, _SCHEMA)
        self._rows = self._read()

    def known(self, source: str) -> list[Entry]:
        """The files of a source, those of a batch's newest attempt only; without header and columns."""
        rows = [row for row in self._rows if row.source == source]
        attempts = {(row.batch_id, row.attempt) for row in rows}
        newest = {
            batch: max(attempt for other, attempt in attempts if other == batch) for batch, _ in attempts
        }
        return [row for row in rows if row.attempt == newest[row.batch_id]]

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
        found = rows.where(wanted).orderBy("path").select(*self._table.columns()).collect()
        return [Entry(**self._table.values(row.asDict())) for row in found]

    def freeze(self, entries: Sequence[Entry]) -> None:
        """Write down the files of one attempt at a batch."""
        source = entries[0].source
        done = {(row.batch_id, row.attempt) for row in self._rows if row.source == source}
        self._table.append([asdict(entry) for entry in entries], Txn(f"manifest/{source}", len(done) + 1))
        self._rows.extend(replace(entry, header="", columns=()) for entry in entries)

    def _read(self) -> list[Entry]:
        """One small row for each file there ever was: as long as the listing that it is compared with."""
        rows = self._table.read()
        if rows is None:
            return []
        rows = rows.withColumn("header", F.lit("")).withColumn("columns", F.array().cast("array<string>"))
        return [
            Entry(**self._table.values(row.asDict())) for row in rows.select(*self._table.columns()).collect()
        ]


def validate_unchanged(source: str, landed: Iterable[Entry], listed: Iterable[FileInfo]) -> None:
    """Raise DataRefused when a file that was landed has another size or time now."""
    now = {file.path: file for file in listed}
    for entry in landed:
        file = now.get(entry.path)
        if file is not None and (file.size, file.modified) != (entry.size, entry.modified):
            raise DataRefused(
                f"ingest refused sources.{source}: {entry.path} changed after it was landed in batch "
                f"{entry.batch_id} ({_facts(entry)}; now {_facts(file)}). Put the landed file back, and give "
                f"changed rows a file name of their own."
            )


def cut(files: Sequence[FileInfo], batch_size: int) -> list[list[FileInfo]]:
    """The files in batches of at most `batch_size` bytes, in their order; a larger file is a batch alone."""
    batches: list[list[FileInfo]] = []
    room = 0
    for file in files:
        if not batches or file.size > room:
            batches.append([])
            room = batch_size
        batches[-1].append(file)
        room -= file.size
    return batches


def _facts(file: Entry | FileInfo) -> str:
    return f"{file.size:,} bytes of {file.modified:%Y-%m-%d %H:%M:%S}"
