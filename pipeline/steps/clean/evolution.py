"""Columns that come or stay away after the contract was pinned: added, ignored, or a reason to refuse."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipeline.config.sources import Source
from pipeline.lake import Lake, LedgerEntry, names
from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import Contract, columns_of
from pipeline.steps.clean.input import CLEAN, BatchInput
from pipeline.steps.clean.refusal import next_move
from pipeline.steps.clean.sample import found_types, json_fields, validate_cleanable
from pipeline.steps.clean.typed import CORRUPT, received_names

COLUMNS = "columns"


def missing_refusal(source: Source, expected: Contract, landed: LedgerEntry) -> str:
    """Why a batch is refused whose files lack a column, "" where it is not: `on_missing_column` is fail.

    `expected` is the contract before the batch. Files of JSON have no columns, only records with fields.
    """
    if source.on_missing_column != "fail" or COLUMNS not in landed.details:
        return ""
    cleaning = Cleaning.of(source)
    there = {column.lower() for column in json.loads(landed.details[COLUMNS])}
    received = [cleaning.received_name(column) for column in expected.names]
    missing = [column for column in received if column.lower() not in there]
    if not missing:
        return ""
    return (
        f"clean refused batch {landed.batch_id} of {landed.name}: not all of its files have "
        f"{_named(missing)}, and sources.{landed.name}.on_missing_column is fail. Nothing was written. "
        f"{_next_move(landed, 'Set it to null for NULL in the rows of such files')}"
    )


def new_columns(
    lake: Lake, source: Source, contract: Contract, landed: LedgerEntry, rows: DataFrame
) -> list[str]:
    """The columns, as received, that came with a batch and that the contract lacks.

    For JSON they are looked for only where `on_new_column` asks for them, in a sample of the records.
    """
    cleaning = Cleaning.of(source)
    known = {cleaning.received_name(column).lower() for column in contract.names}
    if cleaning.is_json:
        if source.on_new_column == "ignore":
            return []
        fields = json_fields(rows, landed.rows["read"])
        return [field for field in fields if field.lower() not in known]
    received = received_names(rows.schema)
    lacking = [column for column in received if column.lower() not in known]
    if not lacking:
        return []
    before = _received_before(lake, landed)
    in_all = {column.lower() for column in json.loads(landed.details.get(COLUMNS, "[]"))}
    return [column for column in lacking if column.lower() not in before or column.lower() in in_all]


def new_refusal(source: Source, landed: LedgerEntry, new: Sequence[str]) -> str:
    """Why a batch is refused that brings columns, "" where it is not: `on_new_column` is fail."""
    if not new or source.on_new_column != "fail":
        return ""
    return (
        f"clean refused batch {landed.batch_id} of {landed.name}: it has {_named(new)}, which the contract "
        f"lacks, and sources.{landed.name}.on_new_column is fail. Nothing was written. "
        f"{_next_move(landed, 'Set it to add or ignore')}"
    )


def with_new_columns(
    source: Source, contract: Contract, landed: LedgerEntry, rows: DataFrame, new: Sequence[str]
) -> Contract:
    """The contract with the new columns behind the others, their types found in a sample of the batch.

    Raises:
        ConfigError: cleaning for texts is declared for one that its files give another type.
    """
    name, cleaning = landed.name, Cleaning.of(source)
    looked_at = rows
    if not cleaning.is_json:
        looked_at = rows.select(*[F.col(quoted(column)) for column in (*new, CORRUPT)])
        validate_cleanable(name, source, looked_at.schema)
    found = found_types(looked_at, source, landed.rows["read"])
    declared = {column.lower(): kind for column, kind in source.types.items()}
    silver = {cleaning.silver_name(column): kind for column, kind in found.items() if column in new}
    types = {column: declared.get(column.lower(), kind) for column, kind in silver.items()}
    added = columns_of(", ".join(f"{quoted(column)} {kind}" for column, kind in types.items()))
    return Contract(StructType([*contract.columns, *added]), contract.key)


def _received_before(lake: Lake, landed: LedgerEntry) -> Collection[str]:
    """The received columns that bronze had before a batch, in small letters."""
    table = names.bronze(landed.name)
    version = landed.tables[table] - 1
    if version < 0:
        return ()
    return {column.lower() for column in received_names(lake.read(table, version).schema)}


def _named(columns: Sequence[str]) -> str:
    words = "the column" if len(columns) == 1 else "the columns"
    return f"{words} {', '.join(columns)}"


def _next_move(landed: LedgerEntry, correct: str) -> str:
    batch = BatchInput(CLEAN, landed.batch_id, None, 0, landed.tables)
    return next_move(batch, landed.name, correct)
