"""Changed settings: everything anew from bronze, or the new settings from now on."""

from __future__ import annotations

from datetime import datetime, timezone

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.config.sources import Source
from pipeline.lake import LedgerEntry, names
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.input import CLEAN, REFRESH, BatchInput
from pipeline.steps.clean.pending import INGEST, REJECTED, THROUGH, next_refresh
from pipeline.steps.clean.refusal import NO_ROWS
from pipeline.steps.clean.settings import SETTINGS, settings_mark, settings_text

_BATCH = "_batch_id"


def refresh_input(books: Books, name: str, batch_id: int, through: int, accepted: str = "") -> BatchInput:
    """All that was landed up to a batch as one, without the batches that were rejected."""
    landed = books.ledger.find(INGEST, name, through)
    assert landed is not None  # `through` is a landed batch
    left_out = [batch for batch in books.ledger.batches_with(CLEAN, name, REJECTED) if batch <= through]
    read = books.ledger.total(INGEST, name, "read", until=through)
    read -= books.ledger.total(CLEAN, name, REJECTED, until=through)
    table = names.bronze(name)
    rows: DataFrame | None = None
    if table in landed.tables:
        rows = books.lake.read(table, landed.tables[table]).where(F.col(_BATCH) <= through)
        rows = rows.where(~F.col(_BATCH).isin(left_out)) if left_out else rows
    details = {THROUGH: str(through)}
    if left_out:
        details["without_batches"] = ", ".join(map(str, left_out))
    return BatchInput(REFRESH, batch_id, rows, read, landed.tables, accepted, details=details)


def append_from_now(books: Books, name: str, source: Source, done: int, now: datetime) -> LedgerEntry:
    """Write down that later batches are cleaned by the settings of now: one row, no table moves."""
    entry = LedgerEntry(
        step=REFRESH,
        name=name,
        batch_id=next_refresh(books, name),
        rows=NO_ROWS,
        tables=books.published(name),
        fingerprint=settings_mark(source),
        started_at=now,
        finished_at=datetime.now(timezone.utc),
        details={THROUGH: str(done), SETTINGS: settings_text(source), "from_now": "true"},
    )
    books.ledger.append(entry)
    return entry
