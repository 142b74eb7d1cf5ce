"""Declared cleaning as SQL texts: from a value as received to a clean text, and from that to its type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pipeline.config.cleaning import Column, Unit
from pipeline.config.date_formats import has_time
from pipeline.config.sources import Source
from pipeline.steps.clean.expressions import literal

_BLANKS = " \t\r\n\f\v\u00a0\u202f\ufeff"
# What is also written for the separator: French blanks do not break, Swiss apostrophes are curved.
_VARIANTS = {" ": " \u00a0\u202f", "'": "'\u2019"}
_WHOLE = ("BYTE", "TINYINT", "SHORT", "SMALLINT", "INT", "INTEGER", "LONG", "BIGINT")
_DECIMAL = re.compile(r"(?:DECIMAL|DEC|NUMERIC)\s*(?:\(\s*\d+\s*(?:,\s*(\d+)\s*)?\))?", re.IGNORECASE)
_LONGEST = 16
_LARGEST_EXACT = 2.0**53
_PLAIN = Column()


@dataclass(frozen=True)
class Cleaning:
    """How each column of a source is cleaned, by its name from silver on; others only lose `nulls`.

    `is_json` tells that records are texts with fields inside.
    """

    is_json: bool
    nulls: Sequence[str]
    columns: Mapping[str, tuple[str, Column]]

    @classmethod
    def of(cls, source: Source) -> Cleaning:
        """What a source declares."""
        columns = {(column.rename or name).lower(): (name, column) for name, column in source.columns.items()}
        return cls(source.file_format == "json", source.nulls, columns)

    def received_name(self, name: str) -> str:
        """What a column was called when it was received."""
        return self._found(name)[0]

    def silver_name(self, received: str) -> str:
        """What a received column is called from silver on."""
        renames = {name.lower(): column.rename for name, column in self.columns.values()}
        return renames.get(received.lower()) or received

    def column(self, name: str) -> Column:
        """What is declared for a column."""
        return self._found(name)[1]

    def received_column(self, received: str) -> Column:
        """What is declared for a column, by its name as received."""
        return self.column(self.silver_name(received))

    def is_plain(self, name: str) -> bool:
        """Whether a text becomes a clean one by its nulls alone."""
        column = self.column(name)
        return not (column.trim or column.case or column.map)

    def text(self, name: str, value: str) -> str:
        """The clean text of a column from the received one; NULL where it is missing."""
        column = self.column(name)
        nulls = self.nulls if column.nulls is None else column.nulls
        text = f"btrim({value}, {literal(_BLANKS)})" if column.trim else value
        text = f"IF({text} IN ({', '.join(map(literal, nulls))}), NULL, {text})" if nulls else text
        text = f"{column.case}({text})" if column.case else text
        if not column.map:
            return text
        pairs = ", ".join(f"{literal(key)}, {literal(value)}" for key, value in column.map.items())
        return f"coalesce(try_element_at(map({pairs}), {text}), {text})"

    def typed(self, name: str, text: str, kind: str) -> str:
        """A column in its type from its clean text, or from a typed value; NULL where it does not convert."""
        column = self.column(name)
        if column.formats:
            read = "try_to_date" if kind.upper() == "DATE" else "try_to_timestamp"
            tries = [f"{read}(trim({text}), {literal(pattern)})" for pattern in column.formats]
            return f"coalesce({', '.join(tries)})"
        number = plain_number(column, text)
        if column.unit is None:
            return f"try_cast({number} AS {kind})"
        return in_unit(number, column.unit, kind)

    def _found(self, name: str) -> tuple[str, Column]:
        return self.columns.get(name.lower(), (name, _PLAIN))


def declared_type(column: Column, found: str) -> str:
    """The type of a column that no `types` names: what its cleaning says over what its values look like."""
    if column.formats:
        return "TIMESTAMP" if any(map(has_time, column.formats)) else "DATE"
    if not column.is_number or found.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return found
    is_whole = column.decimal == "." and (column.unit is None or is_whole_unit(column.unit))
    return found if is_whole and found.upper() in _WHOLE else "DOUBLE"


def is_whole_unit(unit: Unit) -> bool:
    """Whether whole numbers stay whole."""
    return all(part.is_integer() and abs(part) < _LARGEST_EXACT for part in (unit.multiply, unit.add))


def plain_number(column: Column, text: str) -> str:
    """A number's text as SQL reads it; NULL where its digits are grouped in another way than declared."""
    if column.decimal == "." and column.thousands is None:
        return text
    mark = column.thousands or ""
    groups = _VARIANTS.get(mark, mark)
    grouped = rf"|\d{{1,3}}(?:[{groups}]\d{{2,3}})*[{groups}]\d{{3}}" if mark else ""
    point = re.escape(column.decimal)
    pattern = rf"^\s*[+-]?(?:\d+{grouped})?(?:{point}\d*)?(?:[eE][+-]?\d+)?\s*$"
    plain = f"translate({text}, {literal(column.decimal + groups)}, '.')"
    return f"IF({text} RLIKE {literal(pattern)}, {plain}, NULL)"


def in_unit(value: str, unit: Unit, kind: str) -> str:
    """A number in another unit; NULL where it is too large. Whole numbers and decimals stay exact."""
    decimal = _DECIMAL.fullmatch(kind.strip())
    if decimal and _fits(unit):
        digits = min(int(decimal[1] or 0) + 4, 18)
        worked, suffix = f"DECIMAL(30, {digits})", "BD"
    elif kind.upper() in _WHOLE and is_whole_unit(unit):
        worked, suffix = "BIGINT", "L"
    else:
        worked, suffix = "DOUBLE", "D"
    result = f"try_cast({value} AS {worked})"
    if unit.multiply != 1:
        result = f"try_multiply({result}, {_number(unit.multiply, suffix)})"
    if unit.add != 0:
        result = f"try_add({result}, {_number(unit.add, suffix)})"
    return result if worked == kind.upper() else f"try_cast({result} AS {kind})"


def _number(value: float, suffix: str) -> str:
    """A number as SQL reads it: whole with L, a double with D, exact with BD or without a suffix."""
    if suffix == "L":
        return f"{int(value)}L"
    return f"{value!r}D" if suffix == "D" else f"{Decimal(repr(value)):f}{suffix}"


def _fits(unit: Unit) -> bool:
    """Whether the numbers of a unit leave a DECIMAL(38) room for the value."""
    return all(
        len(_number(part, "").strip("-").replace(".", "")) <= _LONGEST for part in (unit.multiply, unit.add)
    )
