"""What a project holds, without the clock: as readers see it, and beside another that was never killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline.lake import Lake, Ledger, LedgerEntry, names
from tests.faults.shop import SOURCE, Shop

Rows = Counter[str]
_CLOCK = ("_ingested_at",)
_STEPS = ("clean", "replay", "refresh", "discard")


@dataclass(frozen=True)
class Difference:
    """Rows that should be there and are not, and rows that are there once too often."""

    lost: int
    doubled: int
    where: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        return not self.lost and not self.doubled


@dataclass(frozen=True)
class State:
    """The rows of every table of the source after some of its batches; `batches` counts ledger rows."""

    batches: int
    tables: Mapping[str, Rows]

    @property
    def rows(self) -> int:
        return sum(sum(rows.values()) for rows in self.tables.values())


def entries(lake: Lake) -> list[LedgerEntry]:
    """The ledger's rows about silver, oldest first."""
    found = [entry for entry in Ledger(lake).entries(limit=1000) if entry.step in _STEPS]
    return sorted(found, key=lambda entry: (entry.finished_at, entry.batch_id))


def state(spark: SparkSession, shop: Shop, batches: int | None = None) -> State:
    """What readers see now, or saw when so many batches were in the ledger."""
    lake = Lake(spark, str(shop.lake))
    done = entries(lake)[:batches] if shop.lake.exists() else []
    tables: dict[str, Rows] = {names.LEDGER: Counter(_ledger_row(entry) for entry in done)}
    for table in (names.silver(SOURCE), names.quarantine(SOURCE)):
        versions = [entry.tables[table] for entry in done if table in entry.tables]
        tables[table] = _rows(lake, table, max(versions)) if versions else Counter()
    return State(len(done), tables)


def newest(spark: SparkSession, shop: Shop) -> dict[str, Rows]:
    """The newest rows of silver, quarantine and bronze, published or not."""
    lake = Lake(spark, str(shop.lake))
    tables = (names.bronze(SOURCE), names.silver(SOURCE), names.quarantine(SOURCE))
    return {table: _rows(lake, table, None) for table in tables}


def difference(wanted: Mapping[str, Rows], found: Mapping[str, Rows]) -> Difference:
    """What the tables lack and have too much, as multisets."""
    lost = {table: rows - found.get(table, Counter()) for table, rows in wanted.items()}
    more = {table: rows - wanted.get(table, Counter()) for table, rows in found.items()}
    where = [f"{table} lacks {row}" for table, rows in lost.items() for row in rows]
    where += [f"{table} has more of {row}" for table, rows in more.items() for row in rows]
    return Difference(_size(lost), _size(more), tuple(where))


def _size(tables: Mapping[str, Rows]) -> int:
    return sum(sum(rows.values()) for rows in tables.values())


def _rows(lake: Lake, table: str, version: int | None) -> Rows:
    frame = lake.read(table, version)
    file = F.substring_index("_source_file", "/", -1).alias("_source_file")
    columns: list[Any] = [
        file if name == "_source_file" else F.col(name) for name in frame.columns if name not in _CLOCK
    ]
    return Counter(row[0] for row in frame.select(F.to_json(F.struct(*columns))).collect())


def _ledger_row(entry: LedgerEntry) -> str:
    counts, versions = sorted(entry.rows.items()), sorted(entry.tables.items())
    return f"{entry.step} {entry.name} {entry.batch_id} {counts} {versions}"
