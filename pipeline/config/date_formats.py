"""How dates are written, in Spark's letters: what a format lacks, and which two read one text differently."""

from __future__ import annotations

import re
from dataclasses import dataclass

FIELDS = (
    *("yy", "yyyy", "M", "MM", "MMM", "MMMM", "d", "dd", "D", "DDD"),
    *("H", "HH", "h", "hh", "m", "mm", "s", "ss", *("S" * digits for digits in range(1, 10)), "a"),
    *("X", "XX", "XXX", "x", "xx", "xxx", "Z", "z", "VV", "O"),
)
"""The fields that Spark 4.2 can read."""
_TEXTUAL = ("MMM", "MMMM", "a", "X", "XX", "XXX", "x", "xx", "xxx", "Z", "z", "VV", "O")
_PART = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<field>([A-Za-z])\3*)|(?P<literal>[^A-Za-z'])")
_RESERVED = "[]{}#"


@dataclass(frozen=True)
class _Piece:
    """A stretch of a text: literal letters, digits of some widths, or a word; `fields` fill it in order."""

    literal: str = ""
    fewest: int = 0
    most: int = 0
    fields: str = ""


def has_time(pattern: str) -> bool:
    """Whether a format reads an hour."""
    return bool({"H", "h"} & {field[0] for field in _fields(pattern)})


def format_mistake(pattern: str) -> str | None:
    """What is wrong with a format, as the end of a sentence; None when nothing is."""
    if "%" in pattern:
        return "is written with %. Write Spark's letters, as in dd/MM/yyyy HH:mm."
    if _PART.sub("", pattern):
        return "has a quote that does not close. Write '' for a quote."
    reserved = next((letter for letter in pattern if letter in _RESERVED), None)
    if reserved is not None:
        return f"has '{reserved}', which stands for no text. Write one format for each way dates are written."
    fields = _fields(pattern)
    unknown = next((field for field in fields if field not in FIELDS), None)
    if unknown is not None:
        return _unknown(unknown)
    letters = [field[0] for field in fields]
    twice = next((letter for letter in letters if letters.count(letter) > 1), None)
    if twice is not None:
        return f"has '{twice}' twice. Letters that are read as they stand go between quotes: 'at'."
    return _missing(set(letters))


def read_alike(one: str, other: str) -> bool:
    """Whether some text fits both formats and means another moment in each: dd/MM/yyyy and MM/dd/yyyy."""
    left, right = _pieces(one), _pieces(other)
    if len(left) != len(right):
        return False
    fits = all(
        a.literal == b.literal and (a.most > 0) == (b.most > 0) and a.fewest <= b.most and b.fewest <= a.most
        for a, b in zip(left, right, strict=True)
    )
    return fits and any(a.fields != b.fields for a, b in zip(left, right, strict=True))


def _unknown(field: str) -> str:
    hints = {
        "y": "Write yyyy, or yy for 2000 to 2099.",
        "Y": "Years are yyyy.",
        "u": "Years are yyyy.",
        "E": "Spark reads no weekdays: leave such a column a text.",
        "L": "Months are M, MM, MMM or MMMM.",
        "k": "Hours are HH from 0 to 23, or hh with a for AM and PM.",
        "K": "Hours are HH from 0 to 23, or hh with a for AM and PM.",
        "T": "Letters that are read as they stand go between quotes: 'T'.",
    }
    hint = hints.get(field[0], "Use y M d H h m s S a and X; other letters go between quotes: 'at'.")
    return f"has '{field}', which cannot be read. {hint}"


def _missing(letters: set[str]) -> str | None:
    if "m" in letters and not letters & {"H", "h"}:
        if "M" not in letters:
            return "has minutes (m) where a month is expected. Months are MM."
        return "has minutes (m) without hours. Hours are HH."
    if "y" not in letters:
        return "has no year. Write yyyy, or yy for 2000 to 2099."
    if "d" in letters and "M" not in letters:
        return "has a day without a month. Months are MM."
    if ("h" in letters) != ("a" in letters):
        return "has hh without a, or a without hh. Write hh:mm a, or HH:mm."
    return None


def _fields(pattern: str) -> list[str]:
    return [part["field"] for part in _PART.finditer(pattern) if part["field"]]


def _pieces(pattern: str) -> list[_Piece]:
    """The format as a text looks: fields of digits without a literal between are one stretch of digits."""
    pieces: list[_Piece] = []
    for part in _PART.finditer(pattern):
        field = part["field"]
        last = pieces[-1] if pieces else _Piece()
        if field is None:
            text = "'" if part["quoted"] == "" else (part["quoted"] or part["literal"]).replace("''", "'")
            piece = _Piece(literal=last.literal + text)
            pieces[-1 if last.literal else len(pieces) :] = [piece]
        elif field in _TEXTUAL:
            pieces.append(_Piece(fields=field[0]))
        else:
            fewest, most = _widths(field)
            joined = _Piece("", last.fewest + fewest, last.most + most, last.fields + field[0])
            pieces[-1 if last.most else len(pieces) :] = [
                joined if last.most else _Piece("", fewest, most, field[0])
            ]
    return pieces


def _widths(field: str) -> tuple[int, int]:
    if field[0] == "S":
        return 1, len(field)
    if field == "D":
        return 1, 3
    return (1, 2) if len(field) == 1 else (len(field), len(field))
