"""How a csv file is written: what splits it into fields best, and whether quoted fields span lines."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from dataclasses import replace
from itertools import islice, product

from pipeline.steps.ingest.dialect import Dialect

SEPARATORS = (",", ";", "\t", "|")
_LOOKED_AT = 2_000
_SPLIT_WELL = 0.9


def dialect_of_bytes(content: bytes) -> Dialect:
    """The dialect that splits the beginning of a file into the most fields, as many in each record."""
    encoding = "UTF-8" if _is_utf8(content) else "ISO-8859-1"
    text = as_text(content, encoding)
    escapes = ('"', "\\") if '\\"' in text else ('"',)
    candidates = [Dialect(sep=sep, escape=escape) for sep, escape in product(SEPARATORS, escapes)]
    best = max(candidates, key=lambda dialect: _score(text, dialect))
    return replace(best, encoding=encoding, multi_line=_spans_lines(text, best))


def as_text(content: bytes, encoding: str) -> str:
    """The beginning of a file as text; its last character may be cut in two."""
    return content.decode(encoding, errors="replace").removeprefix("\ufeff")


def records(text: str, dialect: Dialect) -> list[list[str]]:
    """The records of a text, header included, empty lines left out; up to one that no csv reader can read."""
    doubled = dialect.escape == dialect.quote
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.sep,
        quotechar=dialect.quote,
        doublequote=doubled,
        escapechar=None if doubled else dialect.escape,
    )
    found: list[list[str]] = []
    with suppress(csv.Error):
        found.extend(record for record in reader if record and record != [""])
    return found


def options_of(dialect: Dialect) -> dict[str, str]:
    """The options to write for a dialect: what differs from the default."""
    plain = Dialect()
    options = {
        "delimiter": "\\t" if dialect.sep == "\t" else dialect.sep,
        "escape": dialect.escape,
        "encoding": dialect.encoding,
        "multiLine": str(dialect.multi_line).lower(),
    }
    default = {"delimiter": plain.sep, "escape": plain.escape, "encoding": plain.encoding}
    default["multiLine"] = str(plain.multi_line).lower()
    return {name: value for name, value in options.items() if value != default[name]}


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        # The end of a sample may lie inside of a character.
        return error.start >= len(content) - 3
    return True


def _score(text: str, dialect: Dialect) -> tuple[bool, float, int]:
    found = list(islice(records(text[: 2**18], dialect), _LOOKED_AT))
    if not found:
        return False, 0.0, 0
    width = len(found[0])
    alike = sum(len(record) == width for record in found) / len(found)
    return width > 1 and alike >= _SPLIT_WELL, round(alike, 2) if width > 1 else 0.0, width


def _spans_lines(text: str, dialect: Dialect) -> bool:
    """Whether records with a line break inside are whole; a quote that never closes makes broken ones."""
    found = records(text, dialect)
    width = len(found[0]) if found else 0
    if _ends_inside(text, dialect):
        found = found[:-1]  # a quote that never closes has taken all lines after it
    spanning = [record for record in found if any("\n" in value or "\r" in value for value in record)]
    whole = sum(len(record) == width for record in spanning)
    return whole > len(spanning) - whole


def _ends_inside(text: str, dialect: Dialect) -> bool:
    """Whether the last field is still open at the end."""
    return dialect.escape == dialect.quote and text.count(dialect.quote) % 2 == 1
