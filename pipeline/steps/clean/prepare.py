"""What is known about a source before any of its batches is written: pending batches, contract, rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pyspark.sql import DataFrame
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from pipeline.config import Config
from pipeline.config.sources import Source
from pipeline.lake import Lake, LedgerEntry
from pipeline.progress import Progress
from pipeline.steps.clean.agreement import find_order, make_contract, validate_pinned
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.compile import compile_rules
from pipeline.steps.clean.contract import Contract, Contracts, type_name
from pipeline.steps.clean.contract_file import contract_path
from pipeline.steps.clean.input import BatchInput, landed_input
from pipeline.steps.clean.rules import Rules
from pipeline.steps.clean.sample import found_types, validate_cleanable
from pipeline.steps.clean.silver import find_cluster
from pipeline.steps.clean.user_code import UserFunction, user_function


@dataclass(frozen=True)
class Work:
    """The batches of a source to clean, oldest first, and how. `is_new` is a contract not pinned yet.

    `contract_file` is where the contract is written for review, None where there is no place.
    """

    name: str
    source: Source
    batches: tuple[LedgerEntry, ...]
    contract: Contract | None
    is_new: bool
    rules: Rules
    order_by: str
    contract_file: Path | None = None
    cluster_by: tuple[str, ...] = ()

    @property
    def cleaning(self) -> Cleaning:
        """How received values become clean ones."""
        return Cleaning.of(self.source)

    @property
    def transform(self) -> UserFunction | None:
        """The user's own function over good rows, None where none is declared."""
        return user_function(self.name, self.source)


def prepare(
    lake: Lake,
    contracts: Contracts,
    name: str,
    config: Config,
    batches: tuple[LedgerEntry, ...],
    progress: Progress,
    others: Mapping[str, Contract] = MappingProxyType({}),
    anew: BatchInput | None = None,
) -> Work:
    """The work for a source with these landed batches; with none of them, for rows it has already.

    Writes nothing. `others` are contracts of other sources that are not pinned yet. `anew` are the rows from
    which the contract is made anew, whatever was pinned.

    Raises:
        ConfigError: types, key, order or rules that do not fit the source's columns.
    """
    source = config.sources[name]
    own = user_function(name, source)
    if own is not None:
        own.find()
    pinned = None if anew else contracts.find(name)
    if pinned is not None:
        validate_pinned(name, source, pinned)
    contract = pinned or _first_contract(name, source, anew or _first_rows(lake, batches))
    rules = Rules()
    order_by = source.deduplicate.order_by
    cluster_by: tuple[str, ...] = ()
    if contract is not None:
        order_by = find_order(name, source, contract)
        cluster_by = find_cluster(name, source, contract)
        empty, label = _empty_rows(lake, contract), config.features.label
        rules = compile_rules(
            name, source, empty, label, lambda other: contracts.find(other) or others.get(other)
        )
        if pinned is None:
            progress.say(_told(name, contract))
    place = contract_path(config, name)
    return Work(name, source, batches, contract, pinned is None, rules, order_by, place, cluster_by)


def _first_rows(lake: Lake, batches: tuple[LedgerEntry, ...]) -> BatchInput | None:
    first = next((batch for batch in batches if batch.rows["read"]), None)
    return None if first is None else landed_input(lake, first)


def _first_contract(name: str, source: Source, first: BatchInput | None) -> Contract | None:
    if first is None or first.rows is None:
        return None
    validate_cleanable(name, source, first.rows.schema)
    found = {} if source.schema_ is not None else found_types(first.rows, source, first.read)
    return make_contract(name, source, found)


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
