"""One batch through clean: classified once, refused or written, counted term by term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import DateType, NumericType, StringType, TimestampType
from pyspark.storagelevel import StorageLevel

from pipeline.errors import ConfigError, DataRefused, PipelineError
from pipeline.explain import spark_words
from pipeline.lake import Lake, LedgerEntry, names
from pipeline.lake.intents import Intent
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.classify import classified_rows
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.counting import Counts, count_batch, measured_details
from pipeline.steps.clean.input import REFRESH, REPLAY, BatchInput
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.quarantine import write_quarantine
from pipeline.steps.clean.reasons import most_common, quarantined_rows
from pipeline.steps.clean.references import referenced_silvers, with_references_frozen
from pipeline.steps.clean.refusal import Reason, failed_rules, is_too_bad, too_bad, validate_balance
from pipeline.steps.clean.settings import settings_mark
from pipeline.steps.clean.transforms import (
    older_rows,
    silver_rows,
    update_condition,
)
from pipeline.steps.clean.typed import typed_rows

_BATCH = "_batch_id"
_BEFORE = "silver_version_before"
_FINGERPRINT = "fingerprint"
_ACCEPTED = "accepted"
_SKIPPABLE = (NumericType, StringType, DateType, TimestampType)
_NO_ROWS = dict.fromkeys(
    ("read", "malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older"), 0
)


@dataclass(frozen=True)
class _Done:
    counts: Mapping[str, int]
    tables: Mapping[str, int]
    details: Mapping[str, str]
    begun: datetime


def clean_batch(books: Books, work: Work, batch: BatchInput, now: datetime) -> LedgerEntry:
    """Bring one batch of any kind into silver and quarantine, then into the ledger.

    Done again after a kill, it has no second effect: the input is frozen, every write has a transaction id.

    Raises:
        DataRefused: the batch breaks a rule that says fail, or too much of it is bad; nothing is written.
    """
    if work.contract is None or batch.rows is None:
        done = _Done(_NO_ROWS, {}, batch.details, now)
    else:
        typed = typed_rows(batch.rows, work.contract, work.cleaning)
        batch = with_references_frozen(books, work, batch)
        silvers = referenced_silvers(books.lake, work.rules, batch)
        with _kept(classified_rows(typed, work.contract, work.rules, work.order_by, silvers)) as classified:
            done = _write(books, work, batch, classified, now)
    entry = LedgerEntry(
        step=batch.step,
        name=work.name,
        batch_id=batch.batch_id,
        rows={term: count for term, count in done.counts.items() if count or "." not in term},
        tables={**batch.tables, **done.tables},
        fingerprint=settings_mark(work.source),
        started_at=done.begun,
        finished_at=datetime.now(timezone.utc),
        details=done.details,
    )
    books.ledger.append(entry)
    return entry


def _write(books: Books, work: Work, batch: BatchInput, classified: DataFrame, now: datetime) -> _Done:
    """Count, refuse or write: intent, contract, quarantine, silver, in this order."""
    assert work.contract is not None  # rows without a contract are not classified
    found = _counts(work, batch, classified)
    counts = dict(found.terms)
    bad = counts["malformed"] + counts["quarantined"]
    quarantined = _bad_rows(classified, work, work.contract) if bad else None
    # The rows of a replay are in quarantine already: those that stay bad stay there, however many.
    if not batch.accepted and batch.step != REPLAY:
        _refuse(work, batch, found, quarantined)
    intent = _begun(books, work, batch, now)
    if work.is_new and books.contracts.find(work.name) is None:
        books.contracts.pin(work.name, work.contract, now)
    tables = write_quarantine(books.lake, work.name, batch, quarantined, counts)
    tables |= _silver(books.lake, work, batch, intent, classified, counts)
    validate_balance(batch.called(work.name), counts)
    details = {name: text for name, text in intent.details.items() if name not in (_BEFORE, _FINGERPRINT)}
    return _Done(counts, tables, {**details, **measured_details(found)}, intent.opened_at)


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """The rows, worked out once and kept on the executors while the block runs."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        kept.unpersist()


def _counts(work: Work, batch: BatchInput, classified: DataFrame) -> Counts:
    try:
        found = count_batch(classified, work.rules)
    except PySparkException as error:
        if not (work.rules.rows or work.rules.batch):
            raise
        raise DataRefused(
            f"clean refused {batch.called(work.name)}: a rule ends the job: {spark_words(error)} "
            f"Nothing was written. A rule answers true, false or null."
        ) from error
    if found.terms["read"] != batch.read:
        table = names.quarantine(work.name) if batch.step == REPLAY else names.bronze(work.name)
        raise PipelineError(
            f"{table} has {found.terms['read']:,} rows of {batch.called(work.name)}, but {batch.read:,} are "
            f"on record. Was the table changed by hand?"
        )
    return found


def _bad_rows(classified: DataFrame, work: Work, contract: Contract) -> DataFrame:
    return quarantined_rows(classified, contract, work.rules, work.cleaning)


def _refuse(work: Work, batch: BatchInput, found: Counts, quarantined: DataFrame | None) -> None:
    name, counts = work.name, found.terms
    sentence = failed_rules(batch, name, found, work.rules)
    limit = work.source.max_quarantined
    if sentence is None and quarantined is not None and is_too_bad(counts, limit):
        reasons = [Reason(*found) for found in most_common(quarantined)]
        sentence = too_bad(batch, name, counts, limit, reasons)
    if sentence is not None:
        raise DataRefused(sentence)


def _begun(books: Books, work: Work, batch: BatchInput, now: datetime) -> Intent:
    """The intent of the batch: the first try's, so that all tries compare with the same silver."""
    before, mark = books.lake.version(names.silver(work.name)), settings_mark(work.source)
    details = {**batch.details, _BEFORE: "" if before is None else str(before), _FINGERPRINT: mark}
    if batch.accepted:
        details[_ACCEPTED] = batch.accepted
    intent = books.intents.open(batch.step, work.name, batch.batch_id, details, now)
    if intent.details[_FINGERPRINT] != mark:
        raise ConfigError(
            f"{work.source.where()}: 'sources.{work.name}' was changed while {batch.called(work.name)} was "
            f"half done, since {intent.opened_at:%Y-%m-%d %H:%M}. Put it back, run clean, then change it."
        )
    return intent


def _silver(
    lake: Lake, work: Work, batch: BatchInput, intent: Intent, classified: DataFrame, counts: dict[str, int]
) -> dict[str, int]:
    """Merge the rows that stay, and count what that did: inserted, updated, and older than what is there.

    A refresh makes them the whole table.
    """
    assert work.contract is not None
    table, order_by, key = names.silver(work.name), work.order_by, work.contract.row_key
    winners, txn, stats = silver_rows(classified, work.contract), batch.txn(work.name), _stats(work.contract)
    if batch.step == REFRESH:
        commit = lake.replace(table, winners, txn, stats=stats)
        counts.update(inserted=commit.inserted, updated=0, older=0)
        return {table: commit.version}
    commit = lake.merge(table, winners, txn, key=key, update_when=update_condition(order_by), stats=stats)
    before = intent.details[_BEFORE]
    older = older_rows(winners, lake.read(table, int(before)), key, order_by).count() if before else 0
    counts.update(inserted=commit.inserted, updated=commit.updated, older=older)
    return {table: commit.version}


def _stats(contract: Contract) -> list[str]:
    """The columns by which later reads and merges can skip files; a hashed key is everywhere."""
    kinds = {field.name: field.dataType for field in contract.columns}
    return [*[name for name in contract.key if isinstance(kinds[name], _SKIPPABLE)], _BATCH]
