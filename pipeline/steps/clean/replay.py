"""Replay: chosen rows of quarantine go through clean once more, by the settings of now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.config import Config
from pipeline.lake import LedgerEntry, names
from pipeline.progress import Progress
from pipeline.steps.clean.batch import clean_batch
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.choice import Choice, Selection, select
from pipeline.steps.clean.input import REPLAY, BatchInput
from pipeline.steps.clean.pending import begun_batch
from pipeline.steps.clean.prepare import Work, prepare
from pipeline.steps.clean.rules import Rules
from pipeline.steps.clean.settled import validate_settled


@dataclass(frozen=True)
class Again:
    """What the quarantine commands share: where they work, by which configuration, when, and who listens."""

    books: Books
    config: Config
    now: datetime
    progress: Progress


def replay_source(again: Again, name: str, choice: Choice) -> LedgerEntry | None:
    """Send the chosen rows of a source through clean; None when no row is chosen.

    Those that are good now are merged into silver, the others stay, with the reasons of now. A row that
    repeats another of its batch stays: the rows that it repeats are not here to compare it with.

    Raises:
        ConfigError: a load is half done, or the settings are not those that silver is made by.
    """
    books = again.books
    table = names.quarantine(name)
    version = books.ledger.published_version(REPLAY, name, table)
    if version is None:
        return None
    validate_settled(books, name, again.config.sources[name])
    work = _work(again, name)
    repeats = tuple(rule.name for rule in work.rules.unique if rule.on_failure == "quarantine")
    selection = select(books.lake, name, version, replace(choice, apart_from=repeats))
    if selection is None:
        return None
    return _replay(again, work, books.ledger.next_batch(REPLAY, name), selection.details)


def finish_replay(again: Again, name: str) -> LedgerEntry | None:
    """Do a replay again that was begun and killed; None when there is none."""
    intent = begun_batch(again.books, name)
    if intent is None or intent.step != REPLAY:
        return None
    again.progress.say(f"replay {intent.batch_id} of {name} was begun before; doing it again")
    return _replay(again, _work(again, name), intent.batch_id, intent.details)


def _replay(again: Again, work: Work, batch_id: int, details: Mapping[str, str]) -> LedgerEntry:
    lake, name, selection = again.books.lake, work.name, Selection.of(details)
    batch = BatchInput(
        step=REPLAY,
        batch_id=batch_id,
        rows=selection.chosen(lake, name),
        read=selection.rows,
        tables={},
        details=selection.details,
        part=selection.part(lake, name),
    )
    with again.progress.task(f"replaying {selection.rows:,} rows of {names.quarantine(name)}") as task:
        entry = clean_batch(again.books, work, batch, again.now)
        rows = entry.rows
        task.advance(
            f"{rows['inserted']:,} inserted, {rows['updated']:,} updated, "
            f"{rows['malformed'] + rows['quarantined']:,} stay"
        )
    return entry


def _work(again: Again, name: str) -> Work:
    """The work for rows that are there already. A rule refuses rows here, never the whole batch."""
    books = again.books
    work = prepare(books.lake, books.contracts, name, again.config, (), again.progress)
    rules = [replace(rule, on_failure=_for_rows(rule.on_failure)) for rule in work.rules.rows]
    return replace(work, rules=Rules(tuple(rules)))


def _for_rows(on_failure: str) -> str:
    return "quarantine" if on_failure == "fail" else on_failure
