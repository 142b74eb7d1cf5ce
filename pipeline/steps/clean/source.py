"""All that clean does with one source in one run: the settings, a refresh, then batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from pipeline.lake import LedgerEntry
from pipeline.progress import Progress
from pipeline.steps.clean.batch import clean_batch, validate_refused
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.counting import broken_batch_rules
from pipeline.steps.clean.decision import Decision
from pipeline.steps.clean.discard import finish_discard
from pipeline.steps.clean.fit import fitted
from pipeline.steps.clean.input import CLEAN, BatchInput, landed_input
from pipeline.steps.clean.pending import ACCEPTED
from pipeline.steps.clean.plan import Plan
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.refresh import append_from_now
from pipeline.steps.clean.reject import reject_batch
from pipeline.steps.clean.replay import Again, finish_replay


def clean_source(again: Again, work: Work, plan: Plan, decision: Decision) -> Iterator[LedgerEntry]:
    """Do what was planned, and give each ledger row as it is written. Raises DataRefused and ConfigError."""
    books, now, progress = again.books, again.now, again.progress
    if plan.unfinished is not None:
        finished = finish_replay(again, plan.name) or finish_discard(again, plan.name)
        yield from () if finished is None else (finished,)
    if plan.from_now:
        progress.say(f"clean: {plan.name} is cleaned by the new settings from now on")
        yield append_from_now(books, plan.name, plan.source, plan.there.done, now)
    if plan.refresh is not None:
        yield _clean(books, work, plan.refresh, now, progress)
    for landed in plan.batches:
        decided = decision.batch_id == landed.batch_id
        batch = _decided(books, landed, decision.reason if decided and decision.accept else "")
        work, batch = fitted(books, work, landed, batch, progress)
        if decided and decision.reject:
            validate_refused(books, work, batch)
            progress.say(f"clean: batch {landed.batch_id} of {plan.name} is rejected; bronze keeps its rows")
            yield reject_batch(books, work, batch, decision.reason, now)
        else:
            yield _clean(books, work, batch, now, progress)


def _decided(books: Books, landed: LedgerEntry, accepted: str) -> BatchInput:
    """The batch, accepted now or by the command that began it."""
    begun = books.intents.find(CLEAN, landed.name, landed.batch_id)
    before = "" if begun is None else begun.details.get(ACCEPTED, "")
    return replace(landed_input(books.lake, landed), accepted=before or accepted)


def _clean(books: Books, work: Work, batch: BatchInput, now: datetime, progress: Progress) -> LedgerEntry:
    called = batch.called(work.name)
    with progress.task(f"cleaning {called}") as task:
        entry = clean_batch(books, work, batch, now)
        rows = entry.rows
        task.advance(
            f"{rows['inserted']:,} inserted, {rows['updated']:,} updated, "
            f"{rows['malformed'] + rows['quarantined']:,} in quarantine"
        )
    for term, count in rows.items():
        kind, _, rule = term.partition(".")
        if kind == "warned" and count:
            progress.say(f"clean: {count:,} rows of {called} break '{rule}'; they stay")
    for broken in broken_batch_rules(work.rules, entry.details):
        progress.say(f"clean: {called}: {broken}; it stays")
    return entry
