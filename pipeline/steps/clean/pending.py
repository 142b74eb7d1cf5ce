"""What is left to do of a source: batches not cleaned yet, and the one that was begun and not finished."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake import LedgerEntry
from pipeline.lake.intents import Intent
from pipeline.lake.ledger import CLEANING_STEPS, Ledger
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.input import CLEAN, REFRESH
from pipeline.steps.clean.settings import SETTINGS

INGEST = "ingest"
THROUGH = "through_batch"
FINGERPRINT = "fingerprint"
ACCEPTED, REJECTED = "accepted", "rejected"
_ALL = 1_000_000


@dataclass(frozen=True)
class Standing:
    """How far a source is: the last landed batch that is done with, and by which settings silver is made.

    `settings` is None where nothing was cleaned yet; `since` names the batch that they count from.
    """

    done: int
    settings: str | None
    since: str


def standing(ledger: Ledger, name: str) -> Standing:
    """A refresh is done with all batches up to one, and its settings count until a later batch is cleaned."""
    cleaned, refreshed = ledger.last(CLEAN, name), ledger.last(REFRESH, name)
    done = 0 if cleaned is None else cleaned.batch_id
    through = 0 if refreshed is None else int(refreshed.details[THROUGH])
    if refreshed is not None and through >= done:
        return Standing(through, refreshed.details.get(SETTINGS), f"refresh {refreshed.batch_id}")
    return Standing(done, None if cleaned is None else cleaned.details.get(SETTINGS), f"batch {done}")


def pending_batches(ledger: Ledger, name: str, done: int) -> tuple[LedgerEntry, ...]:
    """The landed batches after the last one that is done with, oldest first."""
    landed = ledger.last(INGEST, name)
    if landed is None or landed.batch_id <= done:
        return ()
    if landed.batch_id == done + 1:
        return (landed,)
    return tuple(reversed(ledger.entries(INGEST, name, after=done, limit=_ALL)))


def begun_batch(books: Books, name: str) -> Intent | None:
    """The batch of any step that has an intent and no ledger row: another step must not write beside it.

    A refresh comes first: it may have been asked for because a load could not be finished.
    """
    for step in (REFRESH, *CLEANING_STEPS):
        intent, finished = books.intents.last(step, name), books.ledger.last(step, name)
        done = 0 if finished is None else finished.batch_id
        if step == CLEAN:
            done = standing(books.ledger, name).done
        if intent is not None and intent.batch_id > done:
            return intent
    return None


def half_done(name: str, source: Source, begun: Intent) -> ConfigError:
    """The error for settings that were changed after a batch was begun and before it was finished."""
    what = "batch" if begun.step == CLEAN else begun.step
    anew = "; or make everything anew with `pipeline clean --full-refresh`"
    return ConfigError(
        f"{source.where()}: 'sources.{name}' was changed while {what} {begun.batch_id} of {name} was half "
        f"done, since {begun.opened_at:%Y-%m-%d %H:%M}. Put it back, run clean, then change it"
        f"{anew if begun.step in (CLEAN, REFRESH) else ''}."
    )


def next_refresh(books: Books, name: str) -> int:
    """The number of a new refresh: also after one that was begun and given up."""
    begun = books.intents.last(REFRESH, name)
    return max(books.ledger.next_batch(REFRESH, name), 0 if begun is None else begun.batch_id + 1)
