"""Spark's type names and DDL, read without Spark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.config.hints import did_you_mean, excerpt

_SIZED = ("DECIMAL", "DEC", "NUMERIC")
_LENGTH_NEEDED = ("CHAR", "CHARACTER", "VARCHAR")
SIMPLE = (
    *("BOOLEAN", "BYTE", "TINYINT", "SHORT", "SMALLINT", "INT", "INTEGER", "LONG", "BIGINT"),
    *("FLOAT", "REAL", "DOUBLE", *_SIZED, "STRING", *_LENGTH_NEEDED, "BINARY"),
    *("DATE", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "VARIANT"),
)
_ELSEWHERE = {
    "TEXT": "STRING",
    "STR": "STRING",
    "OBJECT": "STRING",
    "VARCHAR2": "STRING",
    "NVARCHAR": "STRING",
    "BOOL": "BOOLEAN",
    "INT8": "TINYINT",
    "INT16": "SMALLINT",
    "INT32": "INT",
    "INT64": "BIGINT",
    "UINT64": "BIGINT",
    "NUMBER": "DECIMAL",
    "FLOAT32": "FLOAT",
    "FLOAT64": "DOUBLE",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMPTZ": "TIMESTAMP",
    "BLOB": "BINARY",
    "LIST": "ARRAY<…>",
    "DICT": "MAP<…>",
    "JSON": "VARIANT",
}
_TYPE = re.compile(r"\s*(?P<name>\w+)\s*(?:\((?P<size>[\d\s,]*)\))?\s*", re.ASCII)
_COLUMN = re.compile(
    r"\s*(?:`(?P<quoted>(?:[^`]|``)+)`|(?P<plain>\w+))(?:\s*:\s*|\s+)(?P<rest>.+)", re.DOTALL
)
_AFTER_TYPE = re.compile(
    r"\s*(NOT\s+NULL\b)?\s*(COMMENT\s+('([^'\\]|\\.)*'|\"([^\"\\]|\\.)*\"))?\s*$", re.IGNORECASE
)


def type_mistake(text: str) -> str | None:
    """What is wrong with a Spark SQL type, as the end of a sentence; None when nothing is."""
    end, mistake = _type(text)
    if mistake:
        return mistake
    return f"has {excerpt(text[end:])} after the type. Take it out." if text[end:].strip() else None


def schema_columns(ddl: str) -> tuple[dict[str, str], str | None]:
    """The columns of a DDL schema with their types, and the first mistake as the end of a sentence."""
    columns: dict[str, str] = {}
    for part in _split(ddl):
        found = _COLUMN.match(part)
        if found is None:
            return (
                columns,
                f"has {excerpt(part)} where a column and its type are expected, as in Order BIGINT.",
            )
        name = (found["quoted"] or found["plain"]).replace("``", "`")
        end, mistake = _type(found["rest"])
        if mistake:
            return columns, f"has a column '{name}' that {mistake}"
        if not _AFTER_TYPE.match(found["rest"][end:]):
            return columns, f"has {excerpt(found['rest'][end:])} after the type of '{name}'. Take it out."
        if name.lower() in {known.lower() for known in columns}:
            return columns, f"has the column '{name}' twice. Keep one."
        columns[name] = found["rest"][:end].strip()
    return columns, None


def _type(text: str) -> tuple[int, str | None]:
    """Where the type at the start of a text ends, and what is wrong with it."""
    found = _TYPE.match(text)
    if found is None:
        return 0, f"has {excerpt(text)} where a type is expected."
    name, size = found["name"].upper(), found["size"]
    if name in ("ARRAY", "MAP", "STRUCT") and size is None:
        return _nested(name, text, found.end())
    if name not in SIMPLE:
        return 0, f"has the type {found['name']}, which a column cannot have.{_suggestion(name)}"
    if name in _LENGTH_NEEDED and size is None:
        return 0, f"has the type {name} without a length, as in {name}(20)."
    if size is not None and not _size_fits(name, size):
        written = found[0].strip()
        return 0, f"has the type {written}, whose size does not fit. Write DECIMAL(12, 2) or VARCHAR(20)."
    return found.end(), None


def _nested(name: str, text: str, start: int) -> tuple[int, str | None]:
    end = _closing(text, start)
    if end is None:
        return 0, f"has the type {excerpt(text)}; write {name}<…>, with every < closed."
    inner = text[start + 1 : end - 1]
    if name == "STRUCT":
        return end, schema_columns(inner)[1] if inner.strip() else None
    parts = list(_split(inner))
    if len(parts) != (2 if name == "MAP" else 1):
        return 0, f"has the type {excerpt(text[:end])}; write ARRAY<type> or MAP<type, type>."
    return end, next((mistake for mistake in map(type_mistake, parts) if mistake), None)


def _closing(text: str, start: int) -> int | None:
    """The position behind the > that closes the < at `start`."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"<": 1, ">": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1 if position > start else None
    return None


def _split(text: str) -> Iterator[str]:
    """The parts of a text between commas that stand outside of brackets and quotes."""
    part, depth, quote = "", 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "`'\"":
            quote = letter
        depth += 0 if quote else {"<": 1, "(": 1, ">": -1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0 and not quote:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _size_fits(name: str, size: str) -> bool:
    numbers = [int(number) for number in size.split(",") if number.strip()]
    if name in _LENGTH_NEEDED:
        return len(numbers) == 1 and numbers[0] > 0
    if name not in _SIZED or len(numbers) not in (1, 2):
        return False
    return 1 <= numbers[0] <= 38 and (len(numbers) == 1 or numbers[1] <= numbers[0])


def _suggestion(name: str) -> str:
    if name in _ELSEWHERE:
        return f" Did you mean '{_ELSEWHERE[name]}'?"
    return did_you_mean(name, SIMPLE) or " Write one such as STRING, BIGINT, DOUBLE or TIMESTAMP."
