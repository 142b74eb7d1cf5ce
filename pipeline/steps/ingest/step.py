"""Ingest: list, freeze the batch in the manifest, read, append with a transaction id, ledger row last."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from pipeline.config import Config, fingerprint
from pipeline.lake import Lake, Ledger, LedgerEntry, names
from pipeline.progress import SILENT, Progress
from pipeline.steps.ingest.landing import land
from pipeline.steps.ingest.manifest import Entry, Manifest
from pipeline.steps.ingest.plan import STEP, Plan, plan
from pipeline.steps.ingest.result import IngestResult

COLUMNS = "columns"
_NOT_FOR_READING = (
    "path",
    "nulls",
    "columns",
    "on_new_column",
    "on_missing_column",
    "transform",
    "transform_settings",
    "types",
    "schema",
    "key",
    "cluster_by",
    "rules",
    "max_quarantined",
    "deduplicate",
    "batch_size",
    "on_changed_file",
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
    lake = Lake.of(spark, config.lake)
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
    for sentence in work.told:
        progress.say(sentence)
    if work.ignored:
        books.manifest.freeze(work.ignored)
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
    with progress.task(f"landing batch {batch_id} of {work.name} ({len(files)} files)") as task:
        landed = land(books.lake, books.manifest, work, files)
        task.advance(f"{landed.read:,} records, {landed.malformed:,} malformed")
    for path, why in landed.unreadable.items():
        progress.say(f"ingest: {path} cannot be read, and lands as one malformed record: {why}")
    entry = LedgerEntry(
        step=STEP,
        name=work.name,
        batch_id=batch_id,
        rows={"files": len(files), "read": landed.read, "malformed": landed.malformed},
        tables={} if landed.version is None else {names.bronze(work.name): landed.version},
        fingerprint=fingerprint(work.source, without=_NOT_FOR_READING),
        details={} if landed.columns is None else {COLUMNS: json.dumps(landed.columns, ensure_ascii=False)},
        started_at=ingested_at,
        finished_at=datetime.now(timezone.utc),
    )
    books.ledger.append(entry)
    return entry


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
