"""Numbers and dates as other countries write them: what `columns` of a source says to have them read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pyspark.sql import types as T

_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
_POINT = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", re.ASCII)
_EITHER = re.compile(r"[+-]?\d{1,3}([.,]\d{3})?", re.ASCII)
_DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{4}|\d{1,2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?", re.ASCII)
_ORDERS = ("dMy", "Mdy", "yMd")
_MOSTLY = 0.98
"""So many dates are days of the calendar; clean puts the others, such as 31.02.2024, into quarantine."""


@dataclass(frozen=True)
class Writing:
    """How the values of one column are written."""

    cleaning: Mapping[str, str | Sequence[str]]
    """The column's entry under `columns` of its source."""
    type: T.DataType
    plain: Callable[[str], str]
    """A value as it is once it was cleaned."""


def writing_of(values: Sequence[str]) -> Writing | None:
    """How these texts are written, where they all are so and it can be told; None otherwise.

    `1,234` alone may be a thousand or one and a bit, `01/02/2024` a day of January or of February: they are
    told by the other values of the column, or not at all.
    """
    texts = [value.strip() for value in values]
    return (_numbers(texts) or _days(texts)) if texts else None


def _numbers(texts: Sequence[str]) -> Writing | None:
    for pattern, group, decimal in ((_COMMA, ".", ","), (_POINT, ",", ".")):
        if not all(map(pattern.fullmatch, texts)) or all(map(_EITHER.fullmatch, texts)):
            continue
        cleaning = {}
        if any(group in text for text in texts):
            cleaning["thousands"] = group
        if decimal == "," and any("," in text for text in texts):
            cleaning["decimal"] = ","
        if not cleaning:
            return None
        return Writing(cleaning, T.DoubleType(), _plain_number(group, decimal))
    return None


def _plain_number(group: str, decimal: str) -> Callable[[str], str]:
    return lambda text: text.strip().replace(group, "").replace(decimal, ".")


def _days(texts: Sequence[str]) -> Writing | None:
    found = [match for match in map(_DAY.fullmatch, texts) if match]
    shapes = {(match[2], bool(match[5]), bool(match[6])) for match in found}
    if len(found) < len(texts) or len(shapes) != 1:
        return None
    separator, has_time, has_seconds = shapes.pop()
    if separator == "-" and all(len(match[1]) == 4 for match in found):
        return None  # as Spark reads it by itself
    orders = [
        order
        for order in _ORDERS
        if sum(_as_date(match, order) is not None for match in found) >= _MOSTLY * len(found)
    ]
    if len(orders) != 1:
        return None
    (order,) = orders
    padded = all(len(part) > 1 for match in found for part in (match[1], match[3], match[4]))
    letters = {"d": "dd" if padded else "d", "M": "MM" if padded else "M", "y": "yyyy"}
    time = " HH:mm:ss" if has_seconds else " HH:mm"
    written = separator.join(letters[part] for part in order) + (time if has_time else "")
    if has_time and any("T" in text for text in texts):
        return None

    def plain(text: str) -> str:
        match = _DAY.fullmatch(text.strip())
        day = match and _as_date(match, order)
        if match is None or day is None:
            return text
        return f"{day} {match[5]}{match[6] or ''}" if has_time else str(day)

    return Writing({"formats": [written]}, T.TimestampType() if has_time else T.DateType(), plain)


def _as_date(match: re.Match[str], order: str) -> date | None:
    parts = dict(zip(order, (match[1], match[3], match[4]), strict=True))
    if len(parts["y"]) != 4 or len(parts["d"]) > 2 or len(parts["M"]) > 2:
        return None
    with suppress(ValueError):
        return date(int(parts["y"]), int(parts["M"]), int(parts["d"]))
    return None
