"""The contract of a source: its columns, their types, and its key. Made once, then pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql.types import DataType, StringType, StructType

from pipeline.lake import Lake, Txn
from pipeline.lake.control import MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.layout import quoted
from pipeline.lake.names import CONTRACTS

HASHED_KEY = "_key"
ORIGIN = ("_source_file", "_batch_id", "_ingested_at")
_SCHEMA = pa.schema(
    {
        "source": TEXT,
        "version": WHOLE,
        "ddl": TEXT,
        "key": pa.list_(TEXT),
        "batch_id": WHOLE,
        "pinned_at": MOMENT,
    }
)


@dataclass(frozen=True)
class Contract:
    """Columns with their Spark types in order, and the columns of the key; no key means a hash of the row."""

    columns: StructType
    key: tuple[str, ...] = ()

    @property
    def ddl(self) -> str:
        """The columns as Spark reads them back."""
        return ", ".join(f"{quoted(field.name)} {type_name(field.dataType)}" for field in self.columns)

    @property
    def row_key(self) -> tuple[str, ...]:
        """The columns that name a row of silver."""
        return self.key or (HASHED_KEY,)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self.columns.names)

    @property
    def converted(self) -> tuple[str, ...]:
        """The columns whose text has to become something else, and may fail to."""
        return tuple(field.name for field in self.columns if not isinstance(field.dataType, StringType))


@dataclass(frozen=True)
class Pinned:
    """One version of a source's contract, and the landed batch that brought it; 0 where none did."""

    contract: Contract
    version: int
    batch_id: int


class Contracts:
    """The pinned contracts of one lake, all versions, read once, when the first is asked for."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, CONTRACTS, _SCHEMA)
        self._pinned: dict[str, list[Pinned]] | None = None

    def find(self, source: str) -> Contract | None:
        """The newest contract of a source, None before its first batch."""
        newest = self.newest(source)
        return None if newest is None else newest.contract

    def newest(self, source: str) -> Pinned | None:
        """The version of a source's contract that counts, None before its first batch."""
        return next(reversed(self._all().get(source, [])), None)

    def before(self, source: str, batch_id: int) -> Contract | None:
        """The contract as it was before a batch: what that batch brought is not expected of it."""
        earlier = [pinned for pinned in self._all().get(source, []) if pinned.batch_id < batch_id]
        return earlier[-1].contract if earlier else None

    def pin(self, source: str, contract: Contract, now: datetime, batch_id: int = 0) -> None:
        """Make a contract the one that counts; one that does already stays as it is."""
        newest = self.newest(source)
        if newest is not None and newest.contract == contract:
            return
        version = 1 if newest is None else newest.version + 1
        row = {
            "source": source,
            "version": version,
            "ddl": contract.ddl,
            "key": list(contract.key),
            "batch_id": batch_id,
            "pinned_at": now,
        }
        self._table.append([row], Txn(f"contract/{source}", version))
        self._all().setdefault(source, []).append(Pinned(contract, version, batch_id))

    def _all(self) -> dict[str, list[Pinned]]:
        if self._pinned is None:
            rows = self._table.read()
            # A handful of rows per source: one for each time its columns changed.
            found = [] if rows is None else [_pinned(row.asDict()) for row in rows.collect()]
            self._pinned = {}
            for source, pinned in sorted(found, key=lambda pair: pair[1].version):
                self._pinned.setdefault(source, []).append(pinned)
        return self._pinned


def type_name(kind: DataType) -> str:
    """A type as a person writes it; names inside of a struct keep their case."""
    text = kind.simpleString()
    return text if "<" in text else text.upper()


def columns_of(ddl: str) -> StructType:
    """The columns that a DDL text declares."""
    columns = StructType.fromDDL(ddl)
    assert isinstance(columns, StructType)
    return columns


def _pinned(row: Mapping[str, Any]) -> tuple[str, Pinned]:
    """A row of the table; the first rows of older lakes have no version."""
    contract = Contract(columns_of(row["ddl"]), tuple(row["key"]))
    return row["source"], Pinned(contract, row.get("version") or 1, row.get("batch_id") or 0)
