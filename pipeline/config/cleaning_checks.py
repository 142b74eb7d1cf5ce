"""Problems of `types`, `schema` and `columns` that the configuration alone shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.config.cleaning import Column
from pipeline.config.date_formats import format_mistake, read_alike
from pipeline.config.hints import did_you_mean, excerpt, listing
from pipeline.config.model import Config
from pipeline.config.origin import join
from pipeline.config.sources import Source
from pipeline.config.spark_types import schema_columns, type_mistake
from pipeline.config.tree import Problem

Problems = Iterator[Problem]
LANDED_COLUMNS = ("_ingested_at", "_source_file", "_batch_id")
_MADE = (*LANDED_COLUMNS, "_corrupt_record", "_errors", "_key")
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_LTZ")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_WHOLE = ("BYTE", "TINYINT", "SHORT", "SMALLINT", "INT", "INTEGER", "LONG", "BIGINT")
_NUMBERS = (*_WHOLE, "FLOAT", "REAL", "DOUBLE", "DECIMAL", "DEC", "NUMERIC")


def check_types(config: Config) -> Problems:
    """Types and schemas are Spark's, and not both declared."""
    for name, source in config.sources.items():
        for column, declared in source.types.items():
            mistake = type_mistake(declared)
            if mistake:
                path = f"sources.{name}.types.{column}"
                yield Problem(path, f"'{path}' {mistake}")
        if source.schema_ is not None:
            path = f"sources.{name}.schema"
            mistake = schema_columns(source.schema_)[1]
            if mistake:
                yield Problem(path, f"'{path}' {mistake}")
            if source.types:
                yield Problem(
                    path,
                    f"'{path}' and 'sources.{name}.types' are both set. Write all types into the schema.",
                )
            if source.on_new_column == "add":
                key = f"sources.{name}.on_new_column"
                yield Problem(key, f"'{key}' is add, but '{path}' says all columns. Keep one.")


def check_declared_columns(config: Config) -> Problems:
    """Where a schema is declared, keys that name columns name existing ones, in any case."""
    for name, source in config.sources.items():
        if source.schema_ is None:
            continue
        columns, mistake = schema_columns(source.schema_)
        if mistake:
            continue
        named = [("key", column, tuple(columns)) for column in source.key or ()]
        named += [
            (join("columns", column), _silver(source, column), tuple(columns)) for column in source.columns
        ]
        named.append(("deduplicate.order_by", source.deduplicate.order_by, (*columns, *LANDED_COLUMNS)))
        for key, column, known in named:
            if column.lower() not in {there.lower() for there in known}:
                path = f"sources.{name}.{key}"
                near = did_you_mean(column, known)
                yield Problem(
                    path, f"'{path}' names '{column}', which the schema lacks.{near} {listing(known)}"
                )


def check_cleaning(config: Config) -> Problems:
    """What is declared for a column can be done, and does not contradict itself or the column's type."""
    for name, source in config.sources.items():
        types = _declared_types(source)
        for received, column in source.columns.items():
            path = join(f"sources.{name}.columns", received)
            yield from _formats(path, column)
            yield from _numbers(path, column)
            yield from _mapped(path, column)
            kind = types.get(_silver(source, received).lower())
            if kind is not None:
                yield from _against_type(path, column, kind)


def check_renames(config: Config) -> Problems:
    """After all renames each column has its own name, and other keys use that name."""
    for name, source in config.sources.items():
        path = f"sources.{name}.columns"
        taken: dict[str, str] = {}
        for received, column in source.columns.items():
            silver = _silver(source, received)
            key = join(path, received, "rename" if column.rename else "")
            if silver.lower() in _MADE and column.rename:
                yield Problem(key, f"'{key}' is {silver}, a column that the pipeline makes itself.")
            elif silver.lower() in taken:
                other = taken[silver.lower()]
                yield Problem(key, f"'{key}' and '{other}' both give the column '{silver}'. Rename one.")
            taken[silver.lower()] = key
        renamed = {
            received.lower(): column.rename for received, column in source.columns.items() if column.rename
        }
        named = [("types", column) for column in source.types] + [
            ("key", column) for column in source.key or ()
        ]
        named.append(("deduplicate.order_by", source.deduplicate.order_by))
        for key, column_name in named:
            if column_name.lower() in renamed and column_name.lower() not in taken:
                where = f"sources.{name}.{key}"
                yield Problem(
                    join(where, column_name) if key == "types" else where,
                    f"'{where}' names '{column_name}', which is called '{renamed[column_name.lower()]}' from "
                    f"silver on (its 'rename'). Write that.",
                )


def check_transforms(config: Config) -> Problems:
    """A transform names a function in a module; its settings belong to one."""
    for name, source in config.sources.items():
        path = f"sources.{name}.transform"
        if source.transform is not None and not _FUNCTION.fullmatch(source.transform):
            yield Problem(
                path,
                f"'{path}' is {excerpt(source.transform)}. Write module:function, as in mend:houses.",
            )
        if source.transform_settings and source.transform is None:
            key = f"{path}_settings"
            yield Problem(key, f"'{key}' is set, and '{path}' is not. Name the function that they are for.")


def _formats(path: str, column: Column) -> Problems:
    key = f"{path}.formats"
    for pattern in column.formats:
        mistake = format_mistake(pattern)
        if mistake:
            yield Problem(key, f"'{key}': '{pattern}' {mistake}")
            return
    for position, pattern in enumerate(column.formats):
        for other in column.formats[:position]:
            if pattern == other or read_alike(pattern, other):
                what = "stands there twice. Keep one."
                if pattern != other:
                    what = f"and '{other}' read one text differently. Keep the one that the source writes."
                yield Problem(key, f"'{key}': '{pattern}' {what}")
                return
    if column.formats and column.is_number:
        yield Problem(key, f"'{key}' reads dates, and {_number_keys(column)} is for numbers. Keep one.")


def _numbers(path: str, column: Column) -> Problems:
    if column.thousands == column.decimal:
        key = f"{path}.thousands"
        yield Problem(key, f"'{key}' and '{path}.decimal' are both '{column.decimal}'. Change one.")
    unit = column.unit
    if unit is not None and unit.multiply == 0:
        yield Problem(
            f"{path}.unit.multiply", f"'{path}.unit.multiply' is 0, which makes every value the same."
        )
    elif unit is not None and (unit.multiply, unit.add) == (1, 0):
        yield Problem(f"{path}.unit", f"'{path}.unit' changes nothing. Write multiply, add or both.")


def _mapped(path: str, column: Column) -> Problems:
    """A value is trimmed and its letters changed before it is looked up."""
    for value in column.map:
        seen = value.strip() if column.trim else value
        seen = getattr(seen, column.case)() if column.case else seen
        if seen != value:
            key = "trim" if column.trim and value.strip() != value else f"case: {column.case}"
            yield Problem(
                join(f"{path}.map", value),
                f"'{path}.map' names '{value}', but {key} comes first. Write '{seen}'.",
            )


def _against_type(path: str, column: Column, kind: str) -> Problems:
    family = (re.match(r"\s*(\w+)", kind) or [""])[0].strip().upper()
    if column.formats and family not in _MOMENTS:
        key = f"{path}.formats"
        yield Problem(
            key, f"'{key}' reads a DATE or a TIMESTAMP, but the column is declared {kind}. Change one."
        )
    if column.is_number and family not in _NUMBERS:
        key = f"{path}.{_number_keys(column)}"
        yield Problem(key, f"'{key}' is for numbers, but the column is declared {kind}. Change one.")
    unit = column.unit
    if unit is not None and family in _WHOLE and not (unit.multiply.is_integer() and unit.add.is_integer()):
        key = f"{path}.unit"
        yield Problem(key, f"'{key}' gives fractions, but the column is declared {kind}. Declare it DOUBLE.")


def _number_keys(column: Column) -> str:
    if column.unit is not None:
        return "unit"
    return "thousands" if column.thousands is not None else "decimal"


def _declared_types(source: Source) -> dict[str, str]:
    """The declared types by name in small letters."""
    declared = dict(source.types)
    if source.schema_ is not None:
        declared = schema_columns(source.schema_)[0]
    return {name.lower(): kind for name, kind in declared.items()}


def _silver(source: Source, received: str) -> str:
    return source.columns[received].rename or received
