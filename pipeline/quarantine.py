"""Rows in quarantine: what is wrong with them, by the batch and the rule, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import functions as F

from pipeline.lake import names
from pipeline.run import one_action
from pipeline.shown import Shown, published, published_tables, show_quarantine
from pipeline.steps.clean import aside
from pipeline.steps.clean.aside import QuarantineResult, validate_source
from pipeline.steps.clean.choice import Choice
from pipeline.steps.clean.input import DISCARD, REPLAY
from pipeline.steps.clean.reasons import ERRORS
from pipeline.work import Work

__all__ = ["Choice", "Fault", "Faults", "discard", "list_faults", "replay", "show_rows"]


@dataclass(frozen=True)
class Fault:
    """How many rows of a batch break one rule, with one of the sentences said of them.

    A row that breaks two rules counts for both.
    """

    source: str
    batch_id: int
    rule: str
    column: str
    rows: int
    example: str


@dataclass(frozen=True)
class Faults:
    """The faults of the newest batches first; `total` is how many rows of quarantine are meant."""

    total: int
    faults: tuple[Fault, ...]


def list_faults(work: Work, source: str | None, choice: Choice, limit: int) -> Faults:
    """At most `limit` faults of each source, counted where the rows are. Raises ConfigError for no source."""
    total, found = 0, []
    for name in _with_quarantine(work, source):
        rows = published(work, names.quarantine(name)).where(choice.where())
        total += rows.count()
        errors = rows.select("_batch_id", F.explode(ERRORS).alias("error")).select("_batch_id", "error.*")
        errors = errors if choice.rule is None else errors.where(F.col("rule") == choice.rule)
        counted = errors.groupBy("_batch_id", "rule", "column").agg(
            F.count(F.lit(1)).alias("rows"), F.min("message").alias("example")
        )
        newest = counted.orderBy(F.desc("_batch_id"), F.desc("rows"), "rule", "column").limit(limit)
        # `limit` rows.
        found += [Fault(name, *row) for row in newest.collect()]
    return Faults(total, tuple(found[:limit]))


def show_rows(work: Work, source: str | None, choice: Choice, limit: int) -> Shown:
    """At most `limit` of the chosen rows with their reasons, the newest batches first."""
    sources = _with_quarantine(work, source)
    if not sources:
        return Shown("quarantine", 0, 0, (), ())
    return show_quarantine(work, limit, sources, choice.where())


def replay(work: Work, source: str | None, choice: Choice) -> QuarantineResult:
    """Send the chosen rows through clean again, under the project's lease."""
    return one_action(
        work,
        REPLAY,
        lambda held: aside.replay(
            held.spark, held.config, now=held.now, progress=held.progress, source=source, choice=choice
        ),
    )


def discard(work: Work, source: str | None, choice: Choice, reason: str) -> QuarantineResult:
    """Take the chosen rows away, with a reason that is kept, under the project's lease."""
    return one_action(
        work,
        DISCARD,
        lambda held: aside.discard(
            held.spark,
            held.config,
            now=held.now,
            progress=held.progress,
            source=source,
            choice=choice,
            reason=reason,
        ),
    )


def _with_quarantine(work: Work, source: str | None) -> tuple[str, ...]:
    """The sources that are meant and had a bad row once."""
    meant, there = validate_source(work.config, source), published_tables(work)
    return tuple(name for name in meant if names.quarantine(name) in there)
