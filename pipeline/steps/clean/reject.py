"""A rejected batch: bronze keeps its rows, silver and quarantine never see them."""

from __future__ import annotations

from datetime import datetime, timezone

from pipeline.lake import LedgerEntry
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.input import CLEAN, BatchInput
from pipeline.steps.clean.pending import REJECTED, standing
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.refusal import NO_ROWS, validate_balance
from pipeline.steps.clean.settings import SETTINGS, settings_mark


def reject_batch(books: Books, work: Work, batch: BatchInput, reason: str, now: datetime) -> LedgerEntry:
    """Write the ledger row of a batch that was left out for good: the one commit of the decision."""
    name, there = work.name, standing(books.ledger, work.name)
    rows = {**NO_ROWS, "read": batch.read, REJECTED: batch.read}
    validate_balance(batch.called(name), rows)
    entry = LedgerEntry(
        step=CLEAN,
        name=name,
        batch_id=batch.batch_id,
        rows=rows,
        tables={**batch.tables, **books.published(name)},
        fingerprint=settings_mark(work.source),
        started_at=now,
        finished_at=datetime.now(timezone.utc),
        details={REJECTED: reason} | ({} if there.settings is None else {SETTINGS: there.settings}),
    )
    books.ledger.append(entry)
    return entry
