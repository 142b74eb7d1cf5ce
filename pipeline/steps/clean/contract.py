"""The contract of a source: its columns, their types, and its key. Made once, then pinned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from pyspark.sql.types import DataType, StringType, StructType

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake import Lake, Txn
from pipeline.lake.control import MOMENT, TEXT, WHOLE, ControlTable
from pipeline.lake.layout import quoted
from pipeline.lake.names import CONTRACTS
from pipeline.steps.clean.cleaning import Cleaning

HASHED_KEY = "_key"
_SEPARATORS = (";", "\t", "|")
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


def make_contract(name: str, source: Source, found: Mapping[str, str]) -> Contract:
    """The contract of a source from its first batch: the declared schema, or what was found under `types`.

    `found` has the columns' received names, the contract those from silver on.

    Raises:
        ConfigError: declared columns, types or keys that do not fit together.
    """
    if source.schema_ is not None:
        columns = columns_of(source.schema_)
        required = [field.name for field in columns if not field.nullable]
        if required:
            raise ConfigError(
                f"{source.where('schema')}: 'sources.{name}.schema' says NOT NULL for {', '.join(required)}. "
                f"Write a rule instead: {{check: '{quoted(required[0])} IS NOT NULL'}}."
            )
    else:
        types = _silver_types(name, source, found)
        columns = columns_of(", ".join(f"{quoted(column)} {kind}" for column, kind in types.items()))
    return Contract(columns, _key(name, source, tuple(columns.names)))


def find_order(name: str, source: Source, contract: Contract) -> str:
    """The column that orders the rows of a key, spelled as in silver. Raises ConfigError without one."""
    order_by = source.deduplicate.order_by
    known = (*contract.names, *ORIGIN)
    found = next((column for column in known if column.lower() == order_by.lower()), None)
    if found is None:
        raise ConfigError(
            f"{source.where('deduplicate.order_by')}: 'sources.{name}.deduplicate.order_by' names "
            f"'{order_by}', which {name} does not have.{did_you_mean(order_by, known)} {listing(known)}"
        )
    return found


def validate_pinned(name: str, source: Source, pinned: Contract) -> None:
    """Raise ConfigError when the configuration contradicts the contract that silver was made by."""
    declared = dict(source.types)
    if source.schema_ is not None:
        declared = {field.name: type_name(field.dataType) for field in columns_of(source.schema_)}
    key = "types" if source.schema_ is None else "schema"
    types = {field.name.lower(): type_name(field.dataType) for field in pinned.columns}
    for column, written in declared.items():
        wanted = type_name(columns_of(f"c {written}")[0].dataType)
        there = types.get(column.lower(), "no column")
        is_awaited = column.lower() not in types and source.on_new_column == "add"
        if wanted != there and not is_awaited:
            raise ConfigError(
                f"{source.where(key)}: 'sources.{name}.{key}' says {column} is {wanted}, but silver_{name} "
                f"was made with {there}. Put it back, or start another lake (lake.root) with it."
            )
    if _key(name, source, pinned.names) != pinned.key:
        there = ", ".join(pinned.key) or "a hash of the row"
        raise ConfigError(
            f"{source.where('key')}: 'sources.{name}.key' is {', '.join(source.key or ('unset',))}, but "
            f"silver_{name} was made with {there}. Put it back, or start another lake (lake.root) with it."
        )


def _silver_types(name: str, source: Source, found: Mapping[str, str]) -> dict[str, str]:
    """Column → type after renames, what is declared over what was found."""
    for column in source.columns:
        if column.lower() not in {there.lower() for there in found}:
            raise ConfigError(
                f"{source.where(f'columns.{column}')}: 'sources.{name}.columns' names '{column}', which "
                f"{name} does not have.{did_you_mean(column, tuple(found))} {listing(found)}"
            )
    cleaning = Cleaning.of(source)
    types: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for received, kind in found.items():
        column = cleaning.silver_name(received)
        if column.lower() in by_name:
            raise ConfigError(
                f"{source.where('columns')}: 'sources.{name}.columns' gives two columns the name '{column}'. "
                f"{listing(found)} Rename one to something else."
            )
        by_name[column.lower()] = column
        types[column] = kind
    for column, kind in source.types.items():
        if column.lower() not in by_name:
            raise ConfigError(
                f"{source.where(f'types.{column}')}: 'sources.{name}.types' names '{column}', which "
                f"{name} does not have.{did_you_mean(column, tuple(types))} {listing(types)}"
            )
        types[by_name[column.lower()]] = kind
    return types


def _key(name: str, source: Source, columns: tuple[str, ...]) -> tuple[str, ...]:
    by_name = {column.lower(): column for column in columns}
    for column in source.key or ():
        if column.lower() not in by_name:
            raise ConfigError(
                f"{source.where('key')}: 'sources.{name}.key' names '{column}', which {name} does not have."
                f"{did_you_mean(column, columns)} {listing(columns)}{_other_separator(name, columns)}"
            )
    return tuple(by_name[column.lower()] for column in source.key or ())


def _other_separator(name: str, columns: tuple[str, ...]) -> str:
    """What to do when a whole header became the name of one column."""
    found = next((mark for mark in _SEPARATORS if len(columns) == 1 and mark in columns[0]), None)
    shown = {"\t": "\\t"}.get(found or "", found)
    return f" The files are separated by '{shown}': set sources.{name}.options.sep to it." if found else ""


def _pinned(row: Mapping[str, Any]) -> tuple[str, Pinned]:
    """A row of the table; the first rows of older lakes have no version."""
    contract = Contract(columns_of(row["ddl"]), tuple(row["key"]))
    return row["source"], Pinned(contract, row.get("version") or 1, row.get("batch_id") or 0)
