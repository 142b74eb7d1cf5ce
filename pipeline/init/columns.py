"""What the columns of a sample are: missing values, types, and the facts that roles are judged by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pyspark.sql import types as T

from pipeline.init.sample import Sample
from pipeline.init.writing import Writing, writing_of
from pipeline.preprocessing.judging import judge, judge_other
from pipeline.preprocessing.profile import DENSE, UUID, Profile, is_plain
from pipeline.preprocessing.role import Role
from pipeline.steps.clean.inference import DATE, MOMENT, NAME_OF_DIGITS, NUMBER, WHOLE, Found, type_of

MISSING_ANYWHERE = ("?", "N/A", "n/a", "#N/A", "NULL", "null", "NaN", "nan", "<NA>")
"""Spellings of a missing value that are nobody's category."""
MISSING_AMONG_NUMBERS = ("NA", "None", "none", "-", "--", ".", "..", "missing")
"""Spellings that are clear where everything else is a number, a date or a truth value."""

_TYPES = {
    "BOOLEAN": T.BooleanType(),
    "BIGINT": T.LongType(),
    "DOUBLE": T.DoubleType(),
    "DATE": T.DateType(),
    "TIMESTAMP": T.TimestampType(),
    "STRING": T.StringType(),
}
_REST_OF_MOMENT = r"(:\d{1,2}(\.\d{0,9})?)?\s*(Z|UTC|[+-]\d{1,2}(:?\d{2})?|[A-Za-z]+/\w+)?\s*$"
_PATTERNS = {
    name: re.compile(pattern, re.ASCII)
    for name, pattern in {
        "names_of_digits": NAME_OF_DIGITS,
        "whole": WHOLE,
        "numbers": NUMBER,
        "dates": DATE,
        "moments": MOMENT + _REST_OF_MOMENT,
    }.items()
}


@dataclass(frozen=True)
class Column:
    """One column of a sample: its type, and its values with None for each missing one."""

    name: str
    type: T.DataType
    values: tuple[str | None, ...]
    found: Found
    writing: Writing | None = None
    """Texts that are numbers or dates as other countries write them; `values` are plain already."""

    @property
    def counts(self) -> Counter[str]:
        """How often each value occurs; numbers by value, however they are written."""
        is_number = isinstance(self.type, T.NumericType)
        return Counter(
            f"{float(value):g}" if is_number and _is_number(value) else value for value in self.present
        )

    @property
    def present(self) -> list[str]:
        """The values that are not missing."""
        return [value for value in self.values if value is not None]

    @property
    def kind(self) -> str:
        """The type as people write it."""
        return self.type.simpleString().upper()


def read_columns(sample: Sample, nulls: Sequence[str]) -> dict[str, Column]:
    """The columns of a sample, typed as clean will type them."""
    missing = frozenset(nulls)
    columns = {}
    for name, texts in sample.columns.items():
        values = tuple(None if value is None or value in missing else value for value in texts)
        present = [value for value in values if value is not None]
        found = Found(**Counter(map(looks_like, present)))
        kind = sample.types.get(name) or _TYPES[type_of(found)]
        is_text = isinstance(kind, T.StringType) and name not in sample.types
        writing = writing_of(present) if is_text else None
        if writing is not None:
            kind = writing.type
            values = tuple(None if value is None else writing.plain(value) for value in values)
        columns[name] = Column(name, kind, values, found, writing)
    return columns


def looks_like(value: str) -> str:
    """What one text looks like, as clean's inference sees it: a field of `Found`."""
    for name, pattern in _PATTERNS.items():
        if pattern.match(value) and (name not in ("dates", "moments") or _is_date(value)):
            return name
    return "booleans" if value.strip().lower() in ("true", "false") else "texts"


def missing_spellings(sample: Sample) -> tuple[str, ...]:
    """The texts, besides the empty one, that clearly stand for a missing value somewhere in the sample."""
    if sample.types:
        return ()
    known = (*MISSING_ANYWHERE, *MISSING_AMONG_NUMBERS)
    clear: set[str] = set()
    for values in sample.columns.values():
        present = [value for value in values if value]
        used = {value for value in known if value in present}
        if not used:
            continue
        others = [value for value in present if value not in used]
        is_told = type_of(Found(**Counter(map(looks_like, others)))) != "STRING" or bool(writing_of(others))
        clear |= {value for value in used if is_told or value in MISSING_ANYWHERE}
    return tuple(value for value in known if value in clear)


def judged(columns: Iterable[Column], rows: int) -> dict[str, Role]:
    """The role of each column that nobody declared, by the rule that training uses."""
    roles = {}
    for column in columns:
        field = T.StructField(column.name, column.type)
        is_judged = is_plain(column.type)
        roles[column.name] = judge(field, profile_of(column, rows)) if is_judged else judge_other(field)
    return roles


def profile_of(column: Column, rows: int) -> Profile:
    """The facts of one column, exact over the sample."""
    present, counts = column.present, column.counts
    is_text, is_whole = isinstance(column.type, T.StringType), isinstance(column.type, T.IntegralType)
    numbers = [int(value) for value in present if _is_whole(value)] if is_whole else []
    return Profile(
        rows=rows,
        values=len(present),
        distinct=len(counts) if is_text or is_whole else 0,
        constant=len(counts) == 1,
        dense=bool(numbers) and max(numbers) - min(numbers) + 1 <= len(numbers) / DENSE,
        uuids=is_text
        and bool(present)
        and all(re.match(UUID, value) for value in (min(present), max(present))),
        length=sum(map(len, present)) / len(present) if is_text and present else 0.0,
    )


def _is_date(value: str) -> bool:
    year, month, day = (int(part) for part in re.findall(r"\d+", value)[:3])
    with suppress(ValueError):
        date(year, month, day)
        return True
    return False


def _is_number(value: str) -> bool:
    return bool(_PATTERNS["numbers"].match(value))


def _is_whole(value: str) -> bool:
    return bool(_PATTERNS["whole"].match(value))
