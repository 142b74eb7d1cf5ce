"""Files to measure ingest with: the flights of 2013 with shifted years, one row in a hundred broken."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from examples.flights.prepare import package_data

EVERY = 100
_YEAR = 2013


def _with(column: int, value: str) -> Callable[[list[str]], list[str]]:
    return lambda fields: [*fields[:column], value, *fields[column + 1 :]]


# What is wrong with a row, by turns. The usual script finds all of these too: both keep the same rows.
BREAKAGES: Mapping[str, Callable[[list[str]], list[str]]] = {
    "a delay in words": _with(5, "late"),
    "a number too large": _with(10, "99999999999999999999999"),
    "a day that does not exist": _with(18, "2013-02-30T10:00:00Z"),
    "no carrier, a part of the key": _with(9, "NA"),
    "no hour, a part of the key": _with(18, ""),
    "a minute above 59": _with(17, "75"),
    "three hours early": _with(5, "-999"),
    "a field less": lambda fields: fields[:-1],
    "a field more": lambda fields: [*fields, "?"],
    "a quote that does not close": lambda fields: _with(12, f'"{fields[12]}')(fields),
}


def write_years(folder: Path, count: int, most: int | None = None) -> list[Path]:
    """`count` files, each all flights of a year from 2013 on, or its first `most`; years tell keys apart."""
    folder.mkdir(parents=True, exist_ok=True)
    template = _template(most)
    paths = []
    for year in range(_YEAR, _YEAR + count):
        path = folder / f"{year}.csv"
        path.write_bytes(template.replace(b"<next>", b"%d" % (year + 1)).replace(b"<year>", b"%d" % year))
        paths.append(path)
    return paths


def rows_of_a_year() -> tuple[int, int]:
    """All rows of one file, and the good ones."""
    rows = len(_lines()) - 1
    return rows, rows - rows // EVERY


def _lines() -> list[str]:
    with zipfile.ZipFile(package_data() / "flights.csv.zip") as archive:
        return archive.read("flights.csv").decode().splitlines()


def _template(most: int | None = None) -> bytes:
    """One file with places for the year and, where midnight is past in UTC, the one after."""
    header, *rows = _lines()[: None if most is None else most + 1]
    ways = list(BREAKAGES.values())
    for place in range(EVERY - 1, len(rows), EVERY):
        fields = rows[place].split(",")
        rows[place] = ",".join(ways[place // EVERY % len(ways)](fields))
    text = "\n".join([header, *rows, ""])
    text = text.replace(f"\n{_YEAR},", "\n<year>,").replace(f",{_YEAR}-", ",<year>-")
    return text.replace(f",{_YEAR + 1}-", ",<next>-").encode()
