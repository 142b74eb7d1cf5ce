"""What is known about a source before any of its batches is written: pending batches, contract, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from pipeline.config import Config
from pipeline.config.sources import Source
from pipeline.lake import Lake, Ledger, LedgerEntry
from pipeline.progress import Progress
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.compile import compile_rules
from pipeline.steps.clean.contract import (
    Contract,
    Contracts,
    find_order,
    make_contract,
    type_name,
    validate_pinned,
)
from pipeline.steps.clean.input import CLEAN, batch_rows
from pipeline.steps.clean.rules import Rules
from pipeline.steps.clean.sample import found_types, validate_cleanable
from pipeline.steps.clean.typed import received_names

INGEST = "ingest"
_ALL = 1_000_000


@dataclass(frozen=True)
class Work:
    """The batches of a source to clean, oldest first, and how. `is_new` is a contract not pinned yet."""

    name: str
    source: Source
    batches: tuple[LedgerEntry, ...]
    contract: Contract | None
    is_new: bool
    rules: Rules
    order_by: str

    @property
    def cleaning(self) -> Cleaning:
        """How received values become clean ones."""
        return Cleaning.of(self.source)


def pending_batches(ledger: Ledger, name: str) -> tuple[LedgerEntry, ...]:
    """The landed batches that have no row of clean in the ledger, oldest first."""
    landed, cleaned = ledger.last(INGEST, name), ledger.last(CLEAN, name)
    done = 0 if cleaned is None else cleaned.batch_id
    if landed is None or landed.batch_id <= done:
        return ()
    if landed.batch_id == done + 1:
        return (landed,)
    return tuple(reversed(ledger.entries(INGEST, name, after=done, limit=_ALL)))


def prepare(
    lake: Lake,
    contracts: Contracts,
    name: str,
    config: Config,
    batches: tuple[LedgerEntry, ...],
    progress: Progress,
    others: Mapping[str, Contract] = MappingProxyType({}),
) -> Work:
    """The work for a source with these landed batches; with none of them, for rows it has already.

    Writes nothing. `others` are contracts of other sources that are not pinned yet.

    Raises:
        ConfigError: types, key, order or rules that do not fit the source's columns.
    """
    source, pinned = config.sources[name], contracts.find(name)
    if pinned is not None:
        validate_pinned(name, source, pinned)
        if batches:
            _tell_new_columns(lake, name, source, pinned, batches[-1], progress)
    contract = pinned or _first_contract(lake, name, source, batches)
    rules = Rules()
    order_by = source.deduplicate.order_by
    if contract is not None:
        order_by = find_order(name, source, contract)
        empty, label = _empty_rows(lake, contract), config.features.label
        rules = compile_rules(
            name, source, empty, label, lambda other: contracts.find(other) or others.get(other)
        )
        if pinned is None:
            progress.say(_told(name, contract))
    return Work(name, source, batches, contract, pinned is None, rules, order_by)


def _first_contract(
    lake: Lake, name: str, source: Source, batches: tuple[LedgerEntry, ...]
) -> Contract | None:
    first = next((batch for batch in batches if batch.rows["read"]), None)
    rows = None if first is None else batch_rows(lake, first)
    if first is None or rows is None:
        return None
    validate_cleanable(name, source, rows.schema)
    found = {} if source.schema_ is not None else found_types(rows, source, first.rows["read"])
    return make_contract(name, source, found)


def _tell_new_columns(
    lake: Lake, name: str, source: Source, contract: Contract, newest: LedgerEntry, progress: Progress
) -> None:
    """Columns that came after the contract was pinned are not lost, but not in silver either."""
    rows = None if source.file_format == "json" else batch_rows(lake, newest)
    cleaning = Cleaning.of(source)
    known = {cleaning.received_name(column).lower() for column in contract.names}
    received = [] if rows is None else received_names(rows.schema)
    new = [column for column in received if column.lower() not in known]
    if new:
        progress.say(f"clean: {name}: columns that the contract lacks stay in bronze: {', '.join(new)}")


def _empty_rows(lake: Lake, contract: Contract) -> DataFrame:
    """No rows, with the columns that rules may look at."""
    origin = [
        StructField("_source_file", StringType()),
        StructField("_batch_id", LongType()),
        StructField("_ingested_at", TimestampType()),
    ]
    return lake.spark.createDataFrame([], StructType([*contract.columns, *origin]))


def _told(name: str, contract: Contract) -> str:
    types = Counter(type_name(field.dataType) for field in contract.columns)
    counts = ", ".join(f"{count} {kind}" for kind, count in types.most_common())
    key = ", ".join(contract.key) or "a hash of the row"
    return f"clean: {name} has {len(contract.columns)} columns ({counts}), key: {key}; pinned"
