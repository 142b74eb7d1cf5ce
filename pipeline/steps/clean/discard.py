"""Discard: chosen rows of quarantine are given up, with a reason that stays on record. Bronze keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from pipeline.errors import PipelineError
from pipeline.lake import LedgerEntry, Txn, names
from pipeline.steps.clean.choice import Choice, Selection, select
from pipeline.steps.clean.input import DISCARD
from pipeline.steps.clean.pending import begun_batch
from pipeline.steps.clean.replay import Again
from pipeline.steps.clean.settings import settings_mark
from pipeline.steps.clean.settled import validate_finished

REASON = "reason"


def discard_source(again: Again, name: str, choice: Choice, reason: str) -> LedgerEntry | None:
    """Take the chosen rows of a source out of quarantine; None when no row is chosen.

    Raises:
        ConfigError: a load of the source is half done.
    """
    books = again.books
    version = books.ledger.published_version(DISCARD, name, names.quarantine(name))
    if version is None:
        return None
    validate_finished(books, name, again.config.sources[name])
    selection = select(books.lake, name, version, choice)
    if selection is None:
        return None
    batch_id, details = books.ledger.next_batch(DISCARD, name), {**selection.details, REASON: reason}
    intent = books.intents.open(DISCARD, name, batch_id, details, again.now)
    return _discard(again, name, batch_id, intent.details, intent.opened_at)


def finish_discard(again: Again, name: str) -> LedgerEntry | None:
    """Do a discard again that was begun and killed; None when there is none."""
    intent = begun_batch(again.books, name)
    if intent is None or intent.step != DISCARD:
        return None
    again.progress.say(f"discard {intent.batch_id} of {name} was begun before; doing it again")
    return _discard(again, name, intent.batch_id, intent.details, intent.opened_at)


def _discard(
    again: Again, name: str, batch_id: int, details: Mapping[str, str], begun: datetime
) -> LedgerEntry:
    lake, table, selection = again.books.lake, names.quarantine(name), Selection.of(details)
    part = selection.part(lake, name)
    with again.progress.task(f"discarding {selection.rows:,} rows of {table}"):
        commit = lake.replace_part(table, part.others, Txn(f"{DISCARD}/{name}", batch_id), part.where)
        if commit.inserted != part.count:
            raise PipelineError(
                f"{table} kept {commit.inserted:,} rows of the batches of discard {batch_id}, "
                f"{part.count:,} were counted. Was the table changed by hand?"
            )
    entry = LedgerEntry(
        step=DISCARD,
        name=name,
        batch_id=batch_id,
        rows={"read": selection.rows, "discarded": selection.rows},
        tables={table: commit.version},
        fingerprint=settings_mark(again.config.sources[name]),
        started_at=begun,
        finished_at=datetime.now(timezone.utc),
        details=details,
    )
    again.books.ledger.append(entry)
    return entry
