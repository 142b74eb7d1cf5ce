"""Made-up flights in the shape of the real ones: as many columns, and values that differ about as much."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

CARRIERS = ("UA", "AA", "B6", "DL", "EV", "MQ", "US", "WN", "VX", "FL", "AS", "F9")
ORIGINS = ("EWR", "JFK", "LGA")
PLACES = tuple(f"{a}{b}{c}" for a in "ABCD" for b in "LMNOP" for c in "XYZ")
MAKERS = ("AIRBUS", "BOEING", "EMBRAER", "BOMBARDIER INC", "MCDONNELL DOUGLAS")
HEADER = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)
WEATHER = (
    "origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour"
)
BEGIN = datetime(2013, 1, 1, 5)


def write_registers(folder: Path) -> None:
    """planes.csv and airports.parquet."""
    source = random.Random(1)
    planes = [
        f"N{number:05},{source.randint(1985, 2013)},{source.choice(MAKERS)},A320-{number % 40},"
        f"{source.choice((55, 140, 182, 200, 379))}"
        for number in range(900)
    ]
    _write(folder / "planes.csv", "tailnum,year,manufacturer,model,seats", planes)
    columns = {
        "faa": list(PLACES),
        "name": [f"Airport of {place}" for place in PLACES],
        "lat": [source.uniform(20, 50) for _ in PLACES],
        "lon": [source.uniform(-120, -70) for _ in PLACES],
        "alt": [source.randint(0, 7000) for _ in PLACES],
    }
    parquet.write_table(pa.table(columns), folder / "airports.parquet")


def write_month(folder: Path, month: int, flights: int) -> None:
    """One month's flights, spread over the hours, and the weather of each hour."""
    source = random.Random(month)
    begin = BEGIN + timedelta(days=30 * (month - 1))
    _write(folder / "flights" / f"2013-{month:02}.csv", HEADER, _flights(source, begin, flights))
    _write(folder / "weather" / f"2013-{month:02}.csv", WEATHER, _weather(source, begin))


def _flights(source: random.Random, begin: datetime, flights: int) -> Iterator[str]:
    step = 30 * 24 * 60 / flights
    for number in range(flights):
        at = begin + timedelta(minutes=int(number * step))
        clock, late = at.hour * 100 + at.minute, round(source.expovariate(1 / 20)) - 12
        took, away = source.randint(40, 380), source.randint(-20, 20)
        delays = ("NA",) * 5 if number % 40 == 3 else (clock, late, clock + took, late + away, took)
        left, waited, landed, behind, flown = delays
        hour = f"{at:%Y-%m-%dT%H}:00:00Z"
        yield (
            f"{at.year},{at.month},{at.day},{left},{clock},{waited},{landed},{clock + took},{behind},"
            f"{source.choice(CARRIERS)},{number},N{source.randint(0, 899):05},{source.choice(ORIGINS)},"
            f"{source.choice(PLACES)},{flown},{took * 7},{at.hour},{at.minute},{hour}"
        )


def _weather(source: random.Random, begin: datetime) -> Iterator[str]:
    for hour in range(30 * 24):
        at = begin + timedelta(hours=hour)
        for origin in ORIGINS:
            values = ",".join(f"{source.uniform(0, 90):.2f}" for _ in range(8))
            yield (
                f"{origin},{at.year},{at.month},{at.day},{at.hour},{values},{source.choice((2, 5, 10))},"
                f"{at:%Y-%m-%dT%H}:00:00Z"
            )


def _write(path: Path, header: str, lines: list[str] | Iterator[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n")
