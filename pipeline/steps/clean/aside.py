"""What is done with rows in quarantine, over all sources: sent through clean again, or given up."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.config.hints import did_you_mean
from pipeline.errors import ConfigError
from pipeline.lake import Lake, LedgerEntry
from pipeline.progress import SILENT, Progress
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.choice import ANY, Choice
from pipeline.steps.clean.discard import discard_source, finish_discard
from pipeline.steps.clean.input import DISCARD, REPLAY
from pipeline.steps.clean.replay import Again, finish_replay, replay_source
from pipeline.steps.result import StepResult

_Act = Callable[[Again, str], LedgerEntry | None]


@dataclass(frozen=True)
class QuarantineResult(StepResult):
    """The verdict of a replay or a discard: `rows` is its ledger, `sources` the same by source.

    `reasons` says in words why nothing was done, where nothing was.
    """

    sources: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


def replay(
    spark: SparkSession,
    config: Config,
    *,
    now: datetime,
    progress: Progress = SILENT,
    source: str | None = None,
    choice: Choice = ANY,
) -> QuarantineResult:
    """Send quarantined rows through clean again, each at most once; those that are good now reach silver.

    Raises:
        ConfigError: an unknown source, a load that is half done, or settings that silver is not made by.
    """
    act = partial(replay_source, choice=choice)
    return _over_sources(REPLAY, act, _again(spark, config, now, progress), source, choice)


def discard(
    spark: SparkSession,
    config: Config,
    *,
    now: datetime,
    reason: str,
    progress: Progress = SILENT,
    source: str | None = None,
    choice: Choice = ANY,
) -> QuarantineResult:
    """Take quarantined rows away for good, and keep the reason in the ledger. Bronze keeps them as received.

    Raises:
        ConfigError: an unknown source, or a load that is half done.
    """
    act = partial(discard_source, choice=choice, reason=reason)
    return _over_sources(DISCARD, act, _again(spark, config, now, progress), source, choice)


def validate_source(config: Config, source: str | None) -> tuple[str, ...]:
    """The sources that are meant: one, or all. Raises ConfigError for an unknown one."""
    if source is None:
        return tuple(config.sources)
    if source not in config.sources:
        known = tuple(config.sources)
        raise ConfigError(
            f"--source is '{source}'.{did_you_mean(source, known)} Sources: {', '.join(known)}."
        )
    return (source,)


def _again(spark: SparkSession, config: Config, now: datetime, progress: Progress) -> Again:
    return Again(Books.of(Lake.of(spark, config.lake)), config, now, progress)


def _over_sources(step: str, act: _Act, again: Again, source: str | None, choice: Choice) -> QuarantineResult:
    """Of each source first what was begun and killed; where that was something else, then what is wanted."""
    begun = time.monotonic()
    done: dict[str, list[LedgerEntry]] = {}
    for name in validate_source(again.config, source):
        finished = finish_replay(again, name) or finish_discard(again, name)
        is_all = finished is not None and finished.step == step and choice.is_of(finished.details)
        entries = [finished, None if is_all else act(again, name)]
        found = [entry for entry in entries if entry is not None]
        if found:
            done[name] = found
    everything = [entry for entries in done.values() for entry in entries]
    nothing = f"Nothing in quarantine matches: {choice.words(source)}."
    return QuarantineResult(
        step=step,
        verdict="done" if done else "nothing new",
        changed=bool(done),
        seconds=time.monotonic() - begun,
        rows=_summed(everything),
        tables={table: version for entry in everything for table, version in entry.tables.items()},
        sources={name: _summed(entries) for name, entries in done.items()},
        reasons=() if done else (nothing,),
    )


def _summed(entries: Iterable[LedgerEntry]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for entry in entries:
        total.update(entry.rows)
    return dict(total)
