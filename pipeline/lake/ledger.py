"""The ledger: one row per finished batch, written last. What is not in it did not happen for a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

import pyarrow as pa
from pyspark.sql import functions as F

from pipeline.lake.control import COUNTS, MOMENT, TEXT, TEXTS, WHOLE, ControlTable, NewestBatches
from pipeline.lake.lake import Lake
from pipeline.lake.names import LEDGER
from pipeline.lake.writes import Txn

CLEANING_STEPS = ("clean", "replay", "refresh", "discard")
"""Who writes silver and quarantine: a landed batch, bad rows sent again, all anew, bad rows thrown away."""

_SCHEMA = pa.schema(
    {
        "step": TEXT,
        "name": TEXT,
        "batch_id": WHOLE,
        "rows": COUNTS,
        "tables": COUNTS,
        "fingerprint": TEXT,
        "details": TEXTS,
        "started_at": MOMENT,
        "finished_at": MOMENT,
    }
)


@dataclass(frozen=True)
class LedgerEntry:
    """What one batch of one step did: rows by term, and the version of each table it read or made."""

    step: str
    name: str
    batch_id: int
    rows: Mapping[str, int]
    tables: Mapping[str, int]
    fingerprint: str
    started_at: datetime
    finished_at: datetime
    details: Mapping[str, str] = field(default_factory=dict)


class Ledger:
    """The ledger of one lake."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, LEDGER, _SCHEMA)
        self._newest = NewestBatches(self._table, LedgerEntry)

    def append(self, entry: LedgerEntry) -> None:
        """Write an entry; one that is there already stays as it is."""
        commit = self._table.append([asdict(entry)], Txn(f"ledger/{entry.step}/{entry.name}", entry.batch_id))
        self._newest.add(entry.step, entry.name, entry, commit)

    def last(self, step: str, name: str) -> LedgerEntry | None:
        """The entry of the newest finished batch."""
        return self._newest.find(step, name)

    def find(self, step: str, name: str, batch_id: int) -> LedgerEntry | None:
        """The entry of one batch, None when it is not finished."""
        newest = self.last(step, name)
        if newest is None or newest.batch_id <= batch_id:
            return newest if newest is not None and newest.batch_id == batch_id else None
        rows = self._table.read()
        wanted = (F.col("step") == step) & (F.col("name") == name) & (F.col("batch_id") == batch_id)
        row = None if rows is None else rows.where(wanted).select(*self._table.columns()).first()
        return None if row is None else LedgerEntry(**self._table.values(row.asDict()))

    def next_batch(self, step: str, name: str) -> int:
        """The number after the newest finished batch, from 1."""
        last = self.last(step, name)
        return 1 if last is None else last.batch_id + 1

    def published_version(self, step: str, name: str, table: str) -> int | None:
        """The version of `table` that readers use: later ones may hold half a batch.

        That is the one in the step's newest entry. Silver and quarantine have several writers, each with
        batches of its own, who never write at the same time: there the highest version that any of them
        finished counts.
        """
        steps = CLEANING_STEPS if step in CLEANING_STEPS else (step,)
        newest = (self.last(writer, name) for writer in steps)
        found = [entry.tables[table] for entry in newest if entry is not None and table in entry.tables]
        return max(found, default=None)

    def batches_with(self, step: str, name: str, detail: str) -> tuple[int, ...]:
        """The batches whose entries have a detail by this name, such as those that a person rejected."""
        rows = self._table.read()
        if rows is None:
            return ()
        wanted = (F.col("step") == step) & (F.col("name") == name) & F.col("details")[detail].isNotNull()
        # As many as there were decisions.
        return tuple(sorted(row["batch_id"] for row in rows.where(wanted).select("batch_id").collect()))

    def total(self, step: str, name: str, term: str, *, until: int) -> int:
        """The sum of a term over all entries of a step up to a batch: added up where the rows are."""
        rows = self._table.read()
        if rows is None:
            return 0
        wanted = (F.col("step") == step) & (F.col("name") == name) & (F.col("batch_id") <= until)
        row = rows.where(wanted).agg(F.sum(F.col("rows")[term]).alias("total")).first()
        return 0 if row is None or row["total"] is None else int(row["total"])

    def entries(
        self, step: str | None = None, name: str | None = None, *, after: int = 0, limit: int = 100
    ) -> list[LedgerEntry]:
        """The newest `limit` entries, newest first; only batches above `after`."""
        rows = self._table.read()
        if rows is None:
            return []
        rows = rows.where(F.col("batch_id") > after)
        rows = rows if step is None else rows.where(F.col("step") == step)
        rows = rows if name is None else rows.where(F.col("name") == name)
        newest = rows.orderBy(F.col("finished_at").desc(), F.col("batch_id").desc()).limit(limit)
        collected = newest.select(*self._table.columns()).collect()
        return [LedgerEntry(**self._table.values(row.asDict())) for row in collected]
