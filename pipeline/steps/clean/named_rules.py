"""The kinds of rules that need no SQL: each column's condition as Spark SQL, and the words for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pyspark.sql.types import (
    BooleanType,
    DataType,
    DateType,
    DoubleType,
    FloatType,
    NumericType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from pipeline.config.rules import Bound, Rule
from pipeline.lake.layout import quoted
from pipeline.steps.clean.contract import type_name
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.rules import Check, Reference, found_name

_LONGEST_VALUE = 100
_MOST_VALUES = 12
_MOST_COLUMNS = 3
_MOMENT = re.compile(r"[0-9][0-9A-Za-z :.+/_-]*")
_TIMES = (DateType, TimestampType, TimestampNTZType)


class RuleMistake(Exception):
    """A value or a column that a rule cannot take: the end of a sentence, and the key below the rule."""

    def __init__(self, sentence: str, key: str) -> None:
        super().__init__(sentence)
        self.key = key


class _Asked(NamedTuple):
    """What a rule asks of one column: the column, its type, and what was declared for it, if anything."""

    position: int
    column: str
    kind: DataType
    said: Any


def named_checks(rule: Rule, kinds: Mapping[str, DataType], start: int) -> tuple[Check, ...]:
    """The checks of a rule without SQL; `kinds` are the types of its columns, as silver spells them.

    Raises:
        RuleMistake: a value or a type that does not fit the kind of rule.
    """
    if rule.kind == "unique":
        columns = tuple(kinds)
        seen, said = f"concat({values(columns)}, {literal(' is there more than once')})", ", ".join(columns)
        return (Check(start, columns, f"{said} unique", "", seen),)
    make = _MAKERS[rule.kind]
    return tuple(
        make(_Asked(start + number, column, kind, _declared(rule, written)))
        for number, ((column, kind), written) in enumerate(zip(kinds.items(), rule.columns, strict=True))
    )


def values(columns: Sequence[str]) -> str:
    """Spark SQL for the values of the first columns, as in `a = 1, b = NULL`."""
    parts = [f"concat({literal(f'{name} = ')}, coalesce({short(name)}, 'NULL'))" for name in columns]
    return f"concat_ws(', ', {', '.join(parts[:_MOST_COLUMNS])})" if parts else "''"


def short(column: str) -> str:
    """Spark SQL for a value as a text of bounded length."""
    return f"left(CAST({quoted(column)} AS STRING), {_LONGEST_VALUE})"


def _declared(rule: Rule, column: str) -> Any:
    said = getattr(rule, rule.kind)
    return said[column] if isinstance(said, Mapping) else None


def _not_null(asked: _Asked) -> Check:
    column = asked.column
    condition, message = f"{quoted(column)} IS NOT NULL", literal(f"{column} is missing")
    return Check(asked.position, (column,), f"{column} not null", condition, message)


def _one_of(asked: _Asked) -> Check:
    position, column, kind, said = asked
    allowed = [_value(value, column, kind, f"one_of.{column}") for value in said]
    more = f" and {len(said) - _MOST_VALUES} more" if len(said) > _MOST_VALUES else ""
    words = f"one of {', '.join(str(value) for value in said[:_MOST_VALUES])}{more}"
    return _allowed(position, column, f"{quoted(column)} IN ({', '.join(allowed)})", words)


def _between(asked: _Asked) -> Check:
    position, column, kind, said = asked
    low, high = said
    key = f"between.{column}"
    conditions = [f"{quoted(column)} >= {_value(low, column, kind, key)}"] if low is not None else []
    conditions += [f"{quoted(column)} <= {_value(high, column, kind, key)}"] if high is not None else []
    if isinstance(kind, (FloatType, DoubleType)):
        conditions.append(f"NOT isnan({quoted(column)})")  # NaN is above every number
    return _allowed(position, column, " AND ".join(conditions), _range(low, high))


def _matches(asked: _Asked) -> Check:
    position, column, kind, said = asked
    _require(isinstance(kind, StringType), column, kind, f"matches.{column}", "texts")
    pattern = literal(rf"\A(?:{said})\z")
    return _allowed(position, column, f"{quoted(column)} RLIKE {pattern}", f"texts like {said}")


def _length(asked: _Asked) -> Check:
    position, column, kind, said = asked
    _require(isinstance(kind, StringType), column, kind, f"length.{column}", "texts")
    low, high = said
    size = f"char_length({quoted(column)})"
    conditions = [f"{size} >= {low}"] if low is not None else []
    conditions += [f"{size} <= {high}"] if high is not None else []
    words = f"{_range(low, high)} characters"
    message = (
        f"concat({literal(f'{column} has ')}, {size}, {literal(f' characters, allowed {_range(low, high)}')})"
    )
    return Check(position, (column,), f"{column} of {words}", " AND ".join(conditions), message)


def _not_in_future(asked: _Asked) -> Check:
    position, column, kind, _ = asked
    _require(isinstance(kind, _TIMES), column, kind, "not_in_future", "DATE and TIMESTAMP columns")
    received = f"CAST(_ingested_at AS {type_name(kind)})"
    parts = [literal(f"{column} is "), short(column), literal(", later than "), f"CAST({received} AS STRING)"]
    message = f"concat({', '.join(parts)}, {literal(', when it was ingested')})"
    return Check(position, (column,), f"{column} not in future", f"{quoted(column)} <= {received}", message)


def _references(asked: _Asked) -> Check:
    position, column, _, said = asked
    source, _, there = str(said).partition(".")
    condition = f"{quoted(column)} IS NULL OR {found_name(position)} IS NOT NULL"
    message = _is(column, f", which {said} does not have")
    return Check(position, (column,), f"{column} in {said}", condition, message, Reference(source, there))


def _allowed(position: int, column: str, condition: str, words: str) -> Check:
    return Check(position, (column,), f"{column} {words}", condition, _is(column, f", allowed {words}"))


def _is(column: str, tail: str) -> str:
    return f"concat({literal(f'{column} is ')}, {short(column)}, {literal(tail)})"


def _range(low: Bound | None, high: Bound | None) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"


def _require(fits: bool, column: str, kind: DataType, key: str, wanted: str) -> None:
    if not fits:
        raise RuleMistake(f"looks at {wanted}, and {column} is {type_name(kind)}.", key)


def _value(value: object, column: str, kind: DataType, key: str) -> str:
    """A declared value as Spark SQL in the column's own kind, so that nothing is converted on the way."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(kind, NumericType) and is_number:
        return repr(value)
    if isinstance(kind, StringType) and isinstance(value, str):
        return literal(value)
    if isinstance(kind, BooleanType) and isinstance(value, bool):
        return str(value).lower()
    if isinstance(kind, _TIMES) and isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{type_name(kind)} '{value}'"
    wanted = next((words for type_, words in _WANTED if isinstance(kind, type_)), None)
    if wanted is None:
        raise RuleMistake(f"looks at single values, and {column} is {type_name(kind)}.", key)
    raise RuleMistake(f"holds {value!r}, and {column} is {type_name(kind)}. Write {wanted}.", key)


_WANTED = (
    (NumericType, "a number, without quotes"),
    (StringType, "a text, between quotes"),
    (BooleanType, "true or false"),
    (DateType, "a date, such as 2024-01-31"),
    ((TimestampType, TimestampNTZType), "a moment, such as '2024-01-31 12:00:00'"),
)
_MAKERS: dict[str, Callable[[_Asked], Check]] = {
    "not_null": _not_null,
    "one_of": _one_of,
    "between": _between,
    "matches": _matches,
    "length": _length,
    "not_in_future": _not_in_future,
    "references": _references,
}
