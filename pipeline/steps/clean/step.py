"""Clean: each landed batch, in order, becomes one batch of silver and quarantine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.config.rule_checks import cleaning_order
from pipeline.lake import Lake, Ledger, LedgerEntry, names
from pipeline.progress import SILENT, Progress
from pipeline.steps.clean.batch import clean_batch
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.input import CLEAN, landed_input
from pipeline.steps.clean.prepare import INGEST, Work, pending_batches, prepare
from pipeline.steps.clean.result import CleanResult

_SHOWN = ("quarantined", "dropped", "warned")


def run(spark: SparkSession, config: Config, *, now: datetime, progress: Progress = SILENT) -> CleanResult:
    """Clean the batches that were landed since the last time.

    Raises:
        ConfigError: types, keys or rules that do not fit; found for all sources before anything is written.
        DataRefused: a batch breaks a rule that says fail, or too much of it is bad; later batches wait.
    """
    begun = time.monotonic()
    books = Books.of(Lake(spark, config.lake.root))
    works = []
    made: dict[str, Contract] = {}
    for name in cleaning_order(config):
        batches = pending_batches(books.ledger, name)
        if batches:
            work = prepare(books.lake, books.contracts, name, config, batches, progress, made)
            made |= {} if work.contract is None else {name: work.contract}
            works.append(work)
    cleaned = {
        work.name: [_clean(books, work, batch, now, progress) for batch in work.batches] for work in works
    }
    return CleanResult(
        step=CLEAN,
        verdict="done" if works else "nothing new",
        changed=bool(works),
        seconds=time.monotonic() - begun,
        rows=_summed(entry for entries in cleaned.values() for entry in entries),
        tables=_tables(books.ledger, config),
        sources={name: _summed(entries) for name, entries in cleaned.items()},
        pinned={work.name: work.contract.ddl for work in works if work.is_new and work.contract is not None},
    )


def _clean(books: Books, work: Work, landed: LedgerEntry, now: datetime, progress: Progress) -> LedgerEntry:
    with progress.task(f"cleaning batch {landed.batch_id} of {work.name}") as task:
        entry = clean_batch(books, work, landed_input(books.lake, landed), now)
        rows = entry.rows
        task.advance(
            f"{rows['inserted']:,} inserted, {rows['updated']:,} updated, "
            f"{rows['malformed'] + rows['quarantined']:,} in quarantine"
        )
    for term, count in rows.items():
        kind, _, rule = term.partition(".")
        if kind == "warned" and count:
            progress.say(
                f"clean: {count:,} rows of batch {landed.batch_id} of {work.name} break '{rule}'; they stay"
            )
    return entry


def _summed(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry.rows)
    return dict(total)


def _tables(ledger: Ledger, config: Config) -> dict[str, int]:
    """The published version of every table of every source."""
    tables: dict[str, int] = {}
    for name in config.sources:
        bronze = ledger.published_version(INGEST, name, names.bronze(name))
        made = {
            table: ledger.published_version(CLEAN, name, table)
            for table in (names.silver(name), names.quarantine(name))
        }
        if any(version is not None for version in made.values()):
            made = {names.bronze(name): bronze, **made}
        tables |= {table: version for table, version in made.items() if version is not None}
    return tables
