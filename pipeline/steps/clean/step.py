"""Clean: each landed batch, in order, becomes one batch of silver and quarantine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.config.rule_checks import cleaning_order
from pipeline.errors import DataRefused
from pipeline.lake import Lake, LedgerEntry, names
from pipeline.progress import SILENT, Progress
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.decide import decided_source
from pipeline.steps.clean.decision import NO_DECISION, Decision
from pipeline.steps.clean.input import CLEAN
from pipeline.steps.clean.pending import INGEST
from pipeline.steps.clean.plan import Plan, plan, validate_decided
from pipeline.steps.clean.prepare import Work, prepare
from pipeline.steps.clean.replay import Again
from pipeline.steps.clean.result import CleanResult
from pipeline.steps.clean.source import clean_source


def run(
    spark: SparkSession,
    config: Config,
    *,
    now: datetime,
    progress: Progress = SILENT,
    decision: Decision = NO_DECISION,
) -> CleanResult:
    """Clean the batches that were landed since the last time, by what was decided.

    Raises:
        ConfigError: types, keys or rules that do not fit, settings that changed, a decision about nothing;
            found for all sources before anything is written.
        DataRefused: a batch breaks a rule that says fail, or too much of it is bad; it waits for a decision
            and later ones of its source wait behind it. Other sources are cleaned all the same.
    """
    begun = time.monotonic()
    books = Books.of(Lake.of(spark, config.lake))
    again = Again(books, config, now, progress)
    plans = _plans(books, config, decision, progress)
    works = _works(books, config, plans, progress)
    cleaned: dict[str, list[LedgerEntry]] = {}
    refusals: list[DataRefused] = []
    for found, work in works:
        cleaned[found.name] = []
        try:
            cleaned[found.name] += clean_source(again, work, found, decision)
        except DataRefused as error:
            refusals.append(error)
    if refusals:
        raise _together(refusals)
    return CleanResult(
        step=CLEAN,
        verdict="done" if works else "nothing new",
        changed=bool(works),
        seconds=time.monotonic() - begun,
        rows=_summed(entry for entries in cleaned.values() for entry in entries),
        tables=_tables(books, config),
        sources={name: _summed(entries) for name, entries in cleaned.items()},
        pinned={work.name: work.contract.ddl for _, work in works if work.is_new and work.contract},
    )


def _plans(books: Books, config: Config, decision: Decision, progress: Progress) -> list[Plan]:
    """What to do with each source, those that others refer to first; a decision may be about one alone."""
    decision.validate(tuple(config.sources))
    chosen = cleaning_order(config)
    if decision.batch_id is not None:
        chosen = [decided_source(books.ledger, chosen, decision)]
    elif decision.source is not None:
        chosen = [decision.source]
    plans = [plan(books, name, config.sources[name], decision) for name in chosen]
    validate_decided(plans)
    if (decision.full_refresh or decision.from_now) and all(
        found.refresh is None and not found.from_now for found in plans
    ):
        progress.say(
            f"clean: no settings changed, so {decision.option} does nothing"
            + ("" if decision.source or decision.from_now else "; --source NAME asks for it all the same")
        )
    return [found for found in plans if not found.is_idle]


def _works(
    books: Books, config: Config, plans: Sequence[Plan], progress: Progress
) -> list[tuple[Plan, Work]]:
    """Each plan with the contract and the rules to do it by."""
    works, made = [], dict[str, Contract]()
    for found in plans:
        work = prepare(
            books.lake, books.contracts, found.name, config, found.batches, progress, made, found.refresh
        )
        made |= {} if work.contract is None else {found.name: work.contract}
        works.append((found, work))
    return works


def _together(refusals: Sequence[DataRefused]) -> DataRefused:
    """One error for the refused batches of several sources."""
    if len(refusals) == 1:
        return refusals[0]
    return DataRefused(
        "\n".join(str(error) for error in refusals),
        nexts=[choice for error in refusals for choice in error.nexts],
    )


def _summed(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry.rows)
    return dict(total)


def _tables(books: Books, config: Config) -> dict[str, int]:
    """The published version of every table of every source."""
    tables: dict[str, int] = {}
    for name in config.sources:
        bronze = books.ledger.published_version(INGEST, name, names.bronze(name))
        made = books.published(name)
        tables |= {names.bronze(name): bronze, **made} if made and bronze is not None else made
    return tables
