"""What clean will do with a source, found out for all sources before the first row is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake import LedgerEntry
from pipeline.lake.intents import Intent
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.changes import Change, changed_sentence, find_changes, validate_from_now
from pipeline.steps.clean.decision import Decision
from pipeline.steps.clean.input import CLEAN, REFRESH, BatchInput
from pipeline.steps.clean.pending import (
    FINGERPRINT,
    INGEST,
    THROUGH,
    Standing,
    begun_batch,
    half_done,
    next_refresh,
    pending_batches,
    standing,
)
from pipeline.steps.clean.refresh import refresh_input
from pipeline.steps.clean.settings import settings_mark, settings_text


@dataclass(frozen=True)
class Plan:
    """The batches of a source to clean, oldest first; before them all of bronze anew, or new settings.

    `undecided` are changed settings about which nothing was decided; `unfinished` is a replay or discard that
    was killed, to be finished before anything else.
    """

    name: str
    source: Source
    there: Standing
    batches: tuple[LedgerEntry, ...]
    refresh: BatchInput | None
    undecided: tuple[Change, ...] = ()
    from_now: bool = False
    unfinished: Intent | None = None

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.batches or self.refresh or self.undecided or self.from_now or self.unfinished)


def plan(books: Books, name: str, source: Source, decision: Decision) -> Plan:
    """Look at a source: what is pending, what was begun, what changed.

    Raises ConfigError when settings were changed in the middle of a batch, or cannot be used from now on.
    """
    there = standing(books.ledger, name)
    batches = pending_batches(books.ledger, name, there.done)
    if not batches and not decision.option and there.settings in (None, settings_text(source)):
        return Plan(name, source, there, batches, None)
    changes = find_changes(there.settings, source, books.contracts.find(name))
    begun = begun_batch(books, name)
    unfinished = begun if begun is not None and begun.step not in (CLEAN, REFRESH) else None
    begun = None if unfinished else begun
    refresh = _refresh(books, name, source, decision, changes, begun)
    if refresh is not None:
        through = int(refresh.details[THROUGH])
        left = tuple(batch for batch in batches if batch.batch_id > through)
        return Plan(name, source, there, left, refresh, unfinished=unfinished)
    if changes and decision.from_now:
        validate_from_now(name, source, changes)
        return Plan(name, source, there, batches, None, from_now=True, unfinished=unfinished)
    return Plan(name, source, there, batches, None, undecided=changes, unfinished=unfinished)


def validate_decided(plans: Sequence[Plan]) -> None:
    """Raise ConfigError, with the commands to choose from, unless something was decided of each change."""
    open_plans = [found for found in plans if found.undecided]
    if not open_plans:
        return
    sentences = [
        changed_sentence(found.name, found.source, found.undecided, found.there.since) for found in open_plans
    ]
    only = ("--source", open_plans[0].name) if len(open_plans) < len(plans) == 1 else ()
    nexts = [(("clean", "--full-refresh", *only), "make silver anew from bronze")]
    if not any(change.is_of_the_contract for found in open_plans for change in found.undecided):
        nexts.append((("clean", "--from-now", *only), "leave silver as it is"))
    raise ConfigError("\n".join(sentences), nexts=nexts)


def _refresh(
    books: Books,
    name: str,
    source: Source,
    decision: Decision,
    changes: Sequence[Change],
    begun: Intent | None,
) -> BatchInput | None:
    """The refresh to do: the one that was begun, or the one that was asked for and has a reason."""
    is_other = False
    if begun is not None:
        is_other = begun.details.get(FINGERPRINT) != settings_mark(source)
        if begun.step == REFRESH and not is_other:
            return refresh_input(books, name, begun.batch_id, int(begun.details[THROUGH]))
        if is_other and not decision.full_refresh:
            raise half_done(name, source, begun)
    landed = books.ledger.last(INGEST, name)
    if landed is None or not decision.full_refresh or not (changes or decision.source or is_other):
        return None
    return refresh_input(books, name, next_refresh(books, name), landed.batch_id, decision.reason)
