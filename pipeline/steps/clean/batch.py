"""One batch through clean: classified once, refused or written, counted term by term."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import DataFrame
from pyspark.storagelevel import StorageLevel

from pipeline.errors import DataRefused
from pipeline.lake import Lake, LedgerEntry, names
from pipeline.lake.intents import Intent
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.classify import classified_rows
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.counting import measured_details
from pipeline.steps.clean.fit import pin_contract
from pipeline.steps.clean.input import BatchInput
from pipeline.steps.clean.pending import ACCEPTED, FINGERPRINT, half_done
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.quarantine import write_quarantine
from pipeline.steps.clean.references import referenced_silvers, with_references_frozen
from pipeline.steps.clean.refusal import NO_ROWS, validate_balance
from pipeline.steps.clean.settings import SETTINGS, settings_mark, settings_text
from pipeline.steps.clean.silver import Layout, write_silver
from pipeline.steps.clean.transform import transformed
from pipeline.steps.clean.transforms import silver_rows
from pipeline.steps.clean.typed import typed_rows
from pipeline.steps.clean.verdict import judge, not_refused, validate_taken
from pipeline.usage import note_cached

_BEFORE = "silver_version_before"


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
        ConfigError: the settings were changed in the middle of the batch, or it needs no accepting.
    """
    intent = _begun(books, work, batch)
    if work.contract is None or batch.rows is None:
        if intent is None:
            validate_taken(work, batch, None)
        done = _Done(NO_ROWS, books.published(work.name), batch.details, now)
    else:
        with _classified(books, work, work.contract, batch) as (frozen, rows):
            done = _write(books, work, work.contract, frozen, rows, intent, now)
    entry = LedgerEntry(
        step=batch.step,
        name=work.name,
        batch_id=batch.batch_id,
        rows={term: count for term, count in done.counts.items() if count or "." not in term},
        tables={**batch.tables, **done.tables},
        fingerprint=settings_mark(work.source),
        started_at=done.begun,
        finished_at=datetime.now(timezone.utc),
        details={**done.details, SETTINGS: settings_text(work.source)},
    )
    books.ledger.append(entry)
    return entry


def validate_refused(books: Books, work: Work, batch: BatchInput) -> None:
    """Raise ConfigError unless the batch is refused: only such a one waits to be rejected."""
    begun = _begun(books, work, batch)
    if begun is None and batch.refused:
        return
    if begun is None and work.contract is not None and batch.rows is not None:
        try:
            with _classified(books, work, work.contract, batch) as (frozen, rows):
                if judge(work, work.contract, frozen, rows).refusal is not None:
                    return
        except DataRefused:
            return
    raise not_refused("--reject", batch, work.name)


def _write(
    books: Books,
    work: Work,
    contract: Contract,
    batch: BatchInput,
    rows: DataFrame,
    intent: Intent | None,
    now: datetime,
) -> _Done:
    """Count, refuse or write: intent, contract, quarantine, silver, in this order.

    A batch that was begun is not judged again: it was taken then, by whatever limit or decision.
    """
    verdict = judge(work, contract, batch, rows)
    if intent is None:
        validate_taken(work, batch, verdict.refusal)
    with transformed(silver_rows(rows, contract), work) as winners:
        intent = intent or _begin(books, work, batch, now)
        counts = {**_as_taken(verdict.counts.terms), **winners.terms}
        pin_contract(books, work, batch, now)
        tables = write_quarantine(books.lake, work.name, batch, verdict.bad_rows, counts)
        tables |= _silver(books.lake, work, batch, intent, winners.rows, counts)
    validate_balance(batch.called(work.name), counts)
    details = {name: text for name, text in intent.details.items() if name not in (_BEFORE, FINGERPRINT)}
    details |= measured_details(verdict.counts)
    return _Done(counts, {**batch.tables, **tables}, details, intent.opened_at)


@contextmanager
def _classified(
    books: Books, work: Work, contract: Contract, batch: BatchInput
) -> Iterator[tuple[BatchInput, DataFrame]]:
    """The batch with all that it looks at frozen, and its rows with their verdicts, worked out once."""
    assert batch.rows is not None
    frozen = with_references_frozen(books, work, batch)
    silvers = referenced_silvers(books.lake, work.rules, frozen)
    typed = typed_rows(batch.rows, contract, work.cleaning)
    with _kept(classified_rows(typed, contract, work.rules, work.order_by, silvers)) as rows:
        yield frozen, rows


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """The rows, worked out once and kept on the executors while the block runs."""
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield kept
    finally:
        note_cached()
        kept.unpersist()


def _as_taken(terms: Mapping[str, int]) -> dict[str, int]:
    """The counts of a batch that is taken: what would have refused it is a warning, told and kept."""
    return {
        f"warned.{term.removeprefix('failed.')}" if term.startswith("failed.") else term: count
        for term, count in terms.items()
    }


def _begun(books: Books, work: Work, batch: BatchInput) -> Intent | None:
    """The intent of an earlier try. Raises ConfigError when the settings were changed since."""
    intent = books.intents.find(batch.step, work.name, batch.batch_id)
    if intent is not None and intent.details[FINGERPRINT] != settings_mark(work.source):
        raise half_done(work.name, work.source, intent)
    return intent


def _begin(books: Books, work: Work, batch: BatchInput, now: datetime) -> Intent:
    """The intent of the batch: all tries compare with the same silver, and none asks again."""
    before = books.lake.version(names.silver(work.name))
    details = {
        **batch.details,
        _BEFORE: "" if before is None else str(before),
        FINGERPRINT: settings_mark(work.source),
    }
    if batch.accepted:
        details[ACCEPTED] = batch.accepted
    return books.intents.open(batch.step, work.name, batch.batch_id, details, now)


def _silver(
    lake: Lake, work: Work, batch: BatchInput, intent: Intent, winners: DataFrame, counts: dict[str, int]
) -> dict[str, int]:
    """Bring in the rows that stay, and count what that did: inserted, updated, older than what is there."""
    assert work.contract is not None
    layout = Layout(work.contract, work.order_by, work.cluster_by)
    before = intent.details[_BEFORE]
    commit, older = write_silver(lake, work.name, layout, batch, winners, int(before) if before else None)
    counts.update(inserted=commit.inserted, updated=commit.updated, older=older)
    return {names.silver(work.name): commit.version}
