"""One batch: classified once, refused or written, counted term by term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import DateType, NumericType, StringType, TimestampType
from pyspark.storagelevel import StorageLevel

from pipeline.config import fingerprint
from pipeline.errors import ConfigError, DataRefused, PipelineError
from pipeline.explain import spark_words
from pipeline.lake import Intents, Lake, Ledger, LedgerEntry, Txn, names
from pipeline.lake.intents import Intent
from pipeline.steps.clean.contract import Contract, Contracts
from pipeline.steps.clean.prepare import STEP, Work, batch_rows
from pipeline.steps.clean.reasons import most_common, quarantined_rows
from pipeline.steps.clean.refusal import Reason, failed_rules, is_too_bad, too_bad, validate_balance
from pipeline.steps.clean.transforms import (
    classified_rows,
    counted,
    older_rows,
    silver_rows,
    typed_rows,
    update_condition,
)

_BATCH = "_batch_id"
_BEFORE = "silver_version_before"
_FINGERPRINT = "fingerprint"
_NOT_FOR_CLEANING = ("path", "format", "options", "batch_size", "max_quarantined")
_SKIPPABLE = (NumericType, StringType, DateType, TimestampType)
_NO_ROWS = dict.fromkeys(
    ("read", "malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older"), 0
)


@dataclass(frozen=True)
class Books:
    """Where clean reads and writes."""

    lake: Lake
    ledger: Ledger
    intents: Intents
    contracts: Contracts


@dataclass(frozen=True)
class _Batch:
    landed: LedgerEntry
    classified: DataFrame


@dataclass(frozen=True)
class _Done:
    counts: Mapping[str, int]
    tables: Mapping[str, int]
    begun: datetime


def clean_batch(books: Books, work: Work, landed: LedgerEntry, now: datetime) -> LedgerEntry:
    """Bring one landed batch into silver and quarantine, then into the ledger.

    Done again after a kill, it has no second effect: the input is frozen, every write has a transaction id.

    Raises:
        DataRefused: the batch breaks a rule that says fail, or too much of it is bad; nothing is written.
    """
    rows = batch_rows(books.lake, landed)
    if work.contract is None or rows is None:
        done = _Done(_NO_ROWS, {}, now)
    else:
        typed = typed_rows(rows, work.contract, work.is_json, work.source.nulls)
        with _kept(classified_rows(typed, work.contract, work.rules, work.order_by)) as classified:
            done = _write(books, work, work.contract, _Batch(landed, classified), now)
    entry = LedgerEntry(
        step=STEP,
        name=work.name,
        batch_id=landed.batch_id,
        rows={term: count for term, count in done.counts.items() if count or "." not in term},
        tables={**landed.tables, **done.tables},
        fingerprint=_mark(work),
        started_at=done.begun,
        finished_at=datetime.now(timezone.utc),
    )
    books.ledger.append(entry)
    return entry


def _write(books: Books, work: Work, contract: Contract, batch: _Batch, now: datetime) -> _Done:
    """Count, refuse or write: contract, intent, quarantine, silver, in this order."""
    batch_id = batch.landed.batch_id
    counts = _counts(batch, work)
    bad = counts["malformed"] + counts["quarantined"]
    quarantined = _bad_rows(batch.classified, work, contract) if bad else None
    _refuse(work, batch_id, counts, quarantined)
    if books.contracts.find(work.name) is None:
        books.contracts.pin(work.name, contract, now)
    intent = _begun(books, work, batch_id, now)
    tables = _quarantine(books.lake, work, batch_id, quarantined, counts)
    winners = silver_rows(batch.classified, contract)
    tables |= _silver(books.lake, work, contract, intent, winners, counts)
    validate_balance(_called(work, batch_id), counts)
    return _Done(counts, tables, intent.opened_at)


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """The rows, worked out once and kept on the executors while the block runs."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _counts(batch: _Batch, work: Work) -> dict[str, int]:
    landed = batch.landed
    try:
        row = counted(batch.classified, work.rules).first()
    except PySparkException as error:
        if not work.rules:
            raise
        raise DataRefused(
            f"clean refused {_called(work, landed.batch_id)}: a rule ends the job: {spark_words(error)} "
            f"Nothing was written. A rule answers true, false or null for each row."
        ) from error
    counts: dict[str, int] = {} if row is None else row.asDict()
    if counts["read"] != landed.rows["read"]:
        raise PipelineError(
            f"{names.bronze(work.name)} has {counts['read']:,} rows of batch {landed.batch_id}, but "
            f"{landed.rows['read']:,} were landed. Was the table changed by hand?"
        )
    return counts


def _bad_rows(classified: DataFrame, work: Work, contract: Contract) -> DataFrame:
    return quarantined_rows(classified, contract, work.rules, work.is_json, work.source.nulls)


def _refuse(work: Work, batch_id: int, counts: dict[str, int], quarantined: DataFrame | None) -> None:
    batch = _called(work, batch_id)
    sentence = failed_rules(batch, counts, work.rules)
    limit = work.source.max_quarantined
    if sentence is None and quarantined is not None and is_too_bad(counts, limit):
        reasons = [Reason(*found) for found in most_common(quarantined)]
        sentence = too_bad(batch, work.name, counts, limit, reasons)
    if sentence is not None:
        raise DataRefused(sentence)


def _begun(books: Books, work: Work, batch_id: int, now: datetime) -> Intent:
    """The intent of the batch: the first try's, so that all tries compare with the same silver."""
    before, mark = books.lake.version(names.silver(work.name)), _mark(work)
    details = {_BEFORE: "" if before is None else str(before), _FINGERPRINT: mark}
    intent = books.intents.open(STEP, work.name, batch_id, details, now)
    if intent.details[_FINGERPRINT] != mark:
        raise ConfigError(
            f"{work.source.where()}: 'sources.{work.name}' was changed while {_called(work, batch_id)} was "
            f"half done, since {intent.opened_at:%Y-%m-%d %H:%M}. Put it back, run clean, then change it."
        )
    return intent


def _quarantine(
    lake: Lake, work: Work, batch_id: int, quarantined: DataFrame | None, counts: dict[str, int]
) -> dict[str, int]:
    """Write the bad rows where there are any; the version readers may see."""
    table = names.quarantine(work.name)
    if quarantined is None:
        version = lake.version(table)
        return {} if version is None else {table: version}
    commit = lake.append(table, quarantined, _txn(work, batch_id), stats=[_BATCH])
    bad = counts["malformed"] + counts["quarantined"]
    if commit.inserted != bad:
        raise PipelineError(
            f"{table} took {commit.inserted:,} rows of batch {batch_id}, {bad:,} were counted."
        )
    return {table: commit.version}


def _silver(
    lake: Lake, work: Work, contract: Contract, intent: Intent, winners: DataFrame, counts: dict[str, int]
) -> dict[str, int]:
    """Merge the rows that stay, and count what that did: inserted, updated, and older than what is there."""
    table, order_by = names.silver(work.name), work.order_by
    commit = lake.merge(
        table,
        winners,
        _txn(work, intent.batch_id),
        key=contract.row_key,
        update_when=update_condition(order_by),
        stats=_stats(contract),
    )
    before = intent.details[_BEFORE]
    older = 0
    if before:
        older = older_rows(winners, lake.read(table, int(before)), contract.row_key, order_by).count()
    counts.update(inserted=commit.inserted, updated=commit.updated, older=older)
    return {table: commit.version}


def _stats(contract: Contract) -> list[str]:
    """The columns by which later reads and merges can skip files; a hashed key is everywhere."""
    kinds = {field.name: field.dataType for field in contract.columns}
    return [*[name for name in contract.key if isinstance(kinds[name], _SKIPPABLE)], _BATCH]


def _txn(work: Work, batch_id: int) -> Txn:
    """The one write of a batch into each of its tables."""
    return Txn(f"{STEP}/{work.name}", batch_id)


def _mark(work: Work) -> str:
    return fingerprint(work.source, without=_NOT_FOR_CLEANING)


def _called(work: Work, batch_id: int) -> str:
    return f"batch {batch_id} of {work.name}"
