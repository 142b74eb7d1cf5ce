"""A contract and the configuration: the one is made from the other, and later they have to agree."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config.hints import did_you_mean, listing
from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning, declared_type
from pipeline.steps.clean.contract import ORIGIN, Contract, columns_of, type_name

_SEPARATORS = (";", "\t", "|")
_ANEW = "Put it back, or make silver anew with `pipeline clean --full-refresh`."


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
                f"was made with {there}. {_ANEW}"
            )
    if source.schema_ is None:
        _validate_cleaned(name, source, pinned)
    if _key(name, source, pinned.names) != pinned.key:
        there = ", ".join(pinned.key) or "a hash of the row"
        raise ConfigError(
            f"{source.where('key')}: 'sources.{name}.key' is {', '.join(source.key or ('unset',))}, but "
            f"silver_{name} was made with {there}. {_ANEW}"
        )


def _validate_cleaned(name: str, source: Source, pinned: Contract) -> None:
    """Raise ConfigError when cleaning gives a column another type than the one silver has."""
    cleaning, declared = Cleaning.of(source), {column.lower() for column in source.types}
    for field in pinned.columns:
        there = type_name(field.dataType)
        wanted = declared_type(cleaning.column(field.name), there)
        if wanted != there and field.name.lower() not in declared:
            column = cleaning.received_name(field.name)
            raise ConfigError(
                f"{source.where(f'columns.{column}')}: 'sources.{name}.columns.{column}' makes {field.name} "
                f"{wanted}, but silver_{name} was made with {there}. {_ANEW}"
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
