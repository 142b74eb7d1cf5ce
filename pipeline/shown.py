"""A few rows of a table, for a person: as published, the newest first where there is an order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from pipeline.config.hints import did_you_mean
from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake import Lake, Ledger, names
from pipeline.steps.train.result import LeaderboardRow
from pipeline.work import Work

SOURCE = "_source"
_NEWEST = ("finished_at", "started_at", "opened_at", "scored_at", "_batch_id")


_HOLDS = {
    names.LEDGER: "rows read, kept and left out, batch by batch",
    names.RUNS: "every verdict of every step",
    names.MANIFEST: "the files that were landed",
    names.INTENTS: "the batches that were begun",
    names.CONTRACTS: "each source's columns, types and key",
}


@dataclass(frozen=True)
class Table:
    """One table of the lake, at the version that readers use, and what its rows are."""

    name: str
    version: int
    rows: int
    holds: str = ""


@dataclass(frozen=True)
class Shown:
    """Rows as plain JSON values; `total` counts all rows of the table."""

    table: str
    version: int
    total: int
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Leaderboard:
    """The candidates of the last training, best first."""

    model: str
    model_version: int
    metric: str
    rows: tuple[LeaderboardRow, ...]


def tables(work: Work) -> tuple[Table, ...]:
    """Every table of the lake. Rows are counted by Delta's own statistics."""
    found = []
    for name, version in published_tables(work).items():
        rows = work.lake.read(name, version).count()
        found.append(Table(name, version, rows, _holds(name, work.config)))
    return tuple(found)


def _holds(table: str, config: Config) -> str:
    """What a table is for, in a few words; nothing for one that is not the project's."""
    words = {
        **_HOLDS,
        names.features(config.name): "the rows that models see",
        names.predictions(config.name): "what champions said of them",
    }
    for source in config.sources:
        words[names.bronze(source)] = f"{source} as received"
        words[names.silver(source)] = f"{source} typed and checked, one row per key"
        words[names.quarantine(source)] = f"bad rows of {source}, each with what is wrong with it"
    return words.get(table, "")


def show_table(work: Work, what: str, limit: int) -> Shown:
    """At most `limit` rows of a table by its name, or of `predictions`. Raises ConfigError for another."""
    table = names.predictions(work.config.name) if what == "predictions" else what
    version = _version(work, table)
    return _sampled(table, version, work.lake.read(table, version), limit)


def published(work: Work, table: str) -> DataFrame:
    """All rows of a table, at the version that readers use. Raises ConfigError for an unknown one."""
    return work.lake.read(table, _version(work, table))


def _version(work: Work, table: str) -> int:
    there = published_tables(work)
    if table not in there:
        raise ConfigError(_unknown(table, list(there), work.config))
    return there[table]


def published_tables(work: Work) -> dict[str, int]:
    """The tables that readers know, each with its version."""
    found = {name: published_version(work.lake, work.config, name) for name in work.lake.tables()}
    return {name: version for name, version in found.items() if version is not None}


def show_quarantine(
    work: Work, limit: int, sources: Sequence[str] | None = None, where: Column | None = None
) -> Shown:
    """At most `limit` quarantined rows of each source, the newest batches first; `_source` says which.

    Of all sources, or of these; all rows, or those that meet a condition.
    """
    there = published_tables(work)
    found = [name for name in sources or work.config.sources if names.quarantine(name) in there]
    if not found:
        raise ConfigError(_unknown("quarantine", list(there), work.config))
    parts = []
    for name in found:
        table = names.quarantine(name)
        rows = work.lake.read(table, there[table])
        parts.append(
            (name, _sampled(table, there[table], rows if where is None else rows.where(where), limit))
        )
    rows_shown = [{SOURCE: name, **row} for name, part in parts for row in part.rows]
    columns = dict.fromkeys((SOURCE, *(column for _, part in parts for column in part.columns)))
    total = sum(part.total for _, part in parts)
    table = ", ".join(part.table for _, part in parts)
    return Shown(table, parts[0][1].version, total, tuple(columns), tuple(rows_shown[:limit]))


def show_leaderboard(config: Config) -> Leaderboard:
    """The leaderboard of the newest model version, from the tracking store alone. Raises ConfigError."""
    from pipeline.steps.train.record import LEADERBOARD_FILE
    from pipeline.tracking import Registry, Tracking

    tracking = Tracking.of(config, config.lake.place)
    registry = Registry(tracking)
    is_there = tracking.file is None or tracking.file.exists()  # looking must not create the store
    newest = registry.challenger() if is_there else None
    text = registry.read_text(newest, LEADERBOARD_FILE) if newest else None
    if newest is None or text is None:
        raise ConfigError(f"There is no training of {config.model_name} yet. Run `pipeline run` first.")
    values = json.loads(text)
    rows = tuple(LeaderboardRow(**{**row, "folds": tuple(row["folds"])}) for row in values["candidates"])
    return Leaderboard(newest.name, newest.version, values["metric"], rows)


def published_version(lake: Lake, config: Config, table: str) -> int | None:
    """The version that readers use, None for a table that exists and whose first batch is half done.

    It is the one of the last ledger row where a step has one, else the newest.
    """
    ledger = Ledger(lake)
    for source in config.sources:
        if table == names.bronze(source):
            return ledger.published_version("ingest", source, table)
        if table in (names.silver(source), names.quarantine(source)):
            return ledger.published_version("clean", source, table)
    if table == names.features(config.name):
        published = ledger.published_version("features", config.name, table)
        return lake.version(table) if published is None else published
    return lake.version(table)


def _sampled(table: str, version: int, rows: DataFrame, limit: int) -> Shown:
    order = next((name for name in _NEWEST if name in rows.columns), None)
    some = (rows.orderBy(F.col(order).desc()) if order else rows).limit(limit)
    text = F.to_json(
        F.struct(*[F.col(_quoted(name)) for name in rows.columns]), {"ignoreNullFields": "false"}
    )
    values = tuple(json.loads(row["row"]) for row in some.select(text.alias("row")).collect())  # `limit` rows
    return Shown(table, version, rows.count(), tuple(rows.columns), values)


def _unknown(what: str, there: list[str], config: Config) -> str:
    if not there:
        return f"The lake {config.lake.place} has no tables yet. Run `pipeline run` first."
    return (
        f"There is no table '{what}' in {config.lake.place}.{did_you_mean(what, there)} "
        f"Tables there: {', '.join(there)}. Also: tables, predictions, quarantine, ledger, leaderboard."
    )


def _quoted(column: str) -> str:
    return "`" + column.replace("`", "``") + "`"
