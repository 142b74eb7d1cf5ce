"""Ingest: list, freeze the batch in the manifest, read, append with a transaction id, ledger row last."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F

from pipeline.config import Config, fingerprint
from pipeline.lake import Lake, Ledger, LedgerEntry, names
from pipeline.progress import SILENT, Progress
from pipeline.steps.ingest.manifest import Entry, Manifest
from pipeline.steps.ingest.plan import STEP, Plan, bronze_txn, plan
from pipeline.steps.ingest.read import received, refusing_unreadable, validate_types
from pipeline.steps.ingest.result import IngestResult
from pipeline.steps.ingest.transforms import CORRUPT, bronze_rows

_BATCH = "_batch_id"
_NOT_FOR_READING = (
    "path",
    "nulls",
    "columns",
    "on_new_column",
    "on_missing_column",
    "types",
    "schema",
    "key",
    "rules",
    "max_quarantined",
    "deduplicate",
    "batch_size",
)


@dataclass(frozen=True)
class _Books:
    lake: Lake
    ledger: Ledger
    manifest: Manifest


def run(spark: SparkSession, config: Config, *, now: datetime, progress: Progress = SILENT) -> IngestResult:
    """Land the new files of every source in bronze, once each, however often this runs or is killed.

    All sources are looked at before the first is landed, so that a mistake in one leaves all as they were.

    Raises:
        ConfigError: a path that means no file, or an option that is not honoured.
        DataRefused: a file that changed after it was landed, cannot be read, or has no usable header.
    """
    begun = time.monotonic()
    lake = Lake(spark, config.lake.root)
    books = _Books(lake, Ledger(lake), Manifest(lake))
    plans = [
        plan(lake, books.ledger, books.manifest, name, source, now) for name, source in config.sources.items()
    ]
    landed = {work.name: _land_source(books, work, progress) for work in plans}
    rows: Counter[str] = Counter()
    for entry in (entry for entries in landed.values() for entry in entries):
        rows.update(entry.rows)
    changed = any(landed.values())
    return IngestResult(
        step=STEP,
        verdict="done" if changed else "nothing new",
        changed=changed,
        seconds=time.monotonic() - begun,
        rows=dict(rows),
        tables=_tables(books.ledger, config),
        sources={name: _summed(entries) for name, entries in landed.items()},
    )


def _land_source(books: _Books, work: Plan, progress: Progress) -> list[LedgerEntry]:
    """Do a killed batch again, then the new ones in their order."""
    for path in work.empty_files:
        progress.say(f"ingest: {path} is empty; it is in the manifest and lands no rows")
    entries = []
    if work.begun:
        progress.say(
            f"ingest: batch {work.begun[0].batch_id} of {work.name} was begun before; doing it again"
        )
        entries.append(_land(books, work, work.begun, progress))
    for batch in work.batches:
        books.manifest.freeze(batch)
        entries.append(_land(books, work, batch, progress))
    return entries


def _land(books: _Books, work: Plan, files: Sequence[Entry], progress: Progress) -> LedgerEntry:
    batch_id, ingested_at = files[0].batch_id, files[0].ingested_at
    table = names.bronze(work.name)
    with progress.task(f"landing batch {batch_id} of {work.name} ({len(files)} files)") as task:
        tables, rows = _append(books.lake, work, files)
        task.advance(f"{rows['read']:,} records, {rows['malformed']:,} malformed")
    entry = LedgerEntry(
        step=STEP,
        name=work.name,
        batch_id=batch_id,
        rows={"files": len(files), **rows},
        tables={} if tables is None else {table: tables},
        fingerprint=fingerprint(work.source, without=_NOT_FOR_READING),
        started_at=ingested_at,
        finished_at=datetime.now(timezone.utc),
    )
    books.ledger.append(entry)
    return entry


def _append(lake: Lake, work: Plan, files: Sequence[Entry]) -> tuple[int | None, dict[str, int]]:
    """The version of bronze with the batch in it, and what was read; each record is touched once."""
    table, batch_id = names.bronze(work.name), files[0].batch_id
    txn = bronze_txn(work.name, batch_id)
    there = lake.find_commit(table, txn) if work.begun else None
    if there is not None:
        landed = lake.read(table, there.version).where(F.col(_BATCH) == batch_id)
        return there.version, {
            "read": there.inserted,
            "malformed": landed.where(f"{CORRUPT} IS NOT NULL").count(),
        }
    what = f"ingest refused batch {batch_id} of {work.name}"
    with refusing_unreadable(what, files):
        records = received(lake.spark, work.source.file_format or "csv", work.dialect, files)
        if records is None:
            return lake.version(table), {"read": 0, "malformed": 0}
        if lake.exists(table):
            validate_types(records, lake.read(table).schema, what, files)
        rows, malformed = _observed(bronze_rows(records, batch_id, files[0].ingested_at))
        commit = lake.append(table, rows, txn, stats=[_BATCH])
    return commit.version, {"read": commit.inserted, "malformed": malformed.get["malformed"]}


def _observed(rows: DataFrame) -> tuple[DataFrame, Observation]:
    """The rows, and a count of the malformed ones that is known once they are written."""
    observation = Observation()
    return rows.observe(observation, F.count(CORRUPT).alias("malformed")), observation


def _summed(entries: Sequence[LedgerEntry]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry.rows)
    return dict(total)


def _tables(ledger: Ledger, config: Config) -> dict[str, int]:
    """The published version of every bronze table."""
    tables: dict[str, int] = {}
    for name in config.sources:
        last = ledger.last(STEP, name)
        tables |= {} if last is None else dict(last.tables)
    return tables
