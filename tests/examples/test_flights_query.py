"""No feature of conf/flights.yaml knows the future: another future leaves every earlier flight as it was.

What happens after a moment is changed in all tables, and the features of the flights that were scheduled up
to that moment are compared. Queries that look ahead go the same way, to see that they would be found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.config import load_config
from pipeline.config.model import Config
from pipeline.steps.features.transforms import feature_rows

ROOT = Path(__file__).parents[2]
FLIGHTS = """
    year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay DOUBLE, arr_time INT,
    sched_arr_time INT, arr_delay DOUBLE, carrier STRING, flight INT, tailnum STRING, origin STRING,
    dest STRING, air_time INT, distance INT, hour INT, minute INT, time_hour TIMESTAMP
"""
WEATHER = """
    origin STRING, year INT, month INT, day INT, hour INT, temp DOUBLE, dewp DOUBLE, humid DOUBLE,
    wind_dir DOUBLE, wind_speed DOUBLE, wind_gust DOUBLE, precip DOUBLE, pressure DOUBLE, visib DOUBLE,
    time_hour TIMESTAMP
"""
PLANES = "tailnum STRING, year INT, manufacturer STRING, model STRING, seats INT"
AIRPORTS = "faa STRING, name STRING, lat DOUBLE, lon DOUBLE, alt INT"
DAY = datetime(2013, 3, 1)
WEEK = timedelta(weeks=1)
HOURS = range(8, 14)
# Minutes late at departure, in turn: early ones among them, one early enough to leave in the hour before, one
# that leaves hours later.
DELAYS = (-4, 12, -25, 90, 0, 35, 240, -1, 7, None)


class Flight(NamedTuple):
    """One flight; delays in minutes, None when it was cancelled."""

    number: int
    origin: str
    scheduled: datetime
    dep_delay: int | None
    arr_delay: int | None

    @property
    def left(self) -> datetime | None:
        return None if self.dep_delay is None else self.scheduled + timedelta(minutes=self.dep_delay)

    @property
    def row(self) -> tuple[Any, ...]:
        at, late = self.scheduled, self.dep_delay
        clock = at.hour * 100 + at.minute
        left = None if late is None else clock + late
        return (
            *(at.year, at.month, at.day, left, clock, _float(late), left, clock + 200),
            *(_float(self.arr_delay), "UA", self.number, f"N{self.number % 3}", self.origin, "ORD"),
            *(left, 700, at.hour, at.minute, at.replace(minute=0)),
        )


class World(NamedTuple):
    """What happened on one day: flights, and the weather of each full hour by airport."""

    flights: Sequence[Flight]
    weather: Mapping[tuple[str, datetime], float]


def _float(value: int | None) -> float | None:
    return None if value is None else float(value)


def the_day() -> World:
    flights = []
    for origin, step in (("EWR", 15), ("JFK", 20)):
        for minutes in range(60 * HOURS.start, 60 * HOURS.stop, step):
            delay = DELAYS[len(flights) % len(DELAYS)]
            arrival = None if delay is None else delay + 10
            flights.append(Flight(len(flights), origin, DAY + timedelta(minutes=minutes), delay, arrival))
    hours = [DAY + timedelta(hours=hour) for hour in range(HOURS.start - 2, HOURS.stop)]
    weather = {(origin, hour): 30.0 + hour.hour for origin in ("EWR", "JFK") for hour in hours}
    return World(flights, weather)


def with_another_future(world: World, now: datetime) -> World:
    """The same up to `now`. What comes after is different: outcomes, flights, and weather.

    The flights scheduled at `now` itself have not left yet, whenever they did.
    """

    def changed(flight: Flight) -> Flight:
        if flight.left is None:
            waits = (now - flight.scheduled) // timedelta(minutes=1)
            return flight._replace(dep_delay=waits + 45, arr_delay=waits + 600)
        if flight.scheduled == now or flight.left > now:
            return flight._replace(dep_delay=flight.dep_delay + 500, arr_delay=600)
        return flight._replace(arr_delay=777)  # it left; it lands hours later

    kept = [changed(flight) for flight in world.flights if flight.scheduled <= now]
    new = [Flight(900 + number, "EWR", now + timedelta(minutes=5 + number), 3, 3) for number in range(5)]
    weather = {
        (origin, hour): seen if hour + timedelta(hours=1) <= now else seen - 50
        for (origin, hour), seen in world.weather.items()
    }
    return World([*kept, *new], weather)


def silver_of(spark: SparkSession, worlds: Sequence[World]) -> dict[str, DataFrame]:
    """The four tables, each world a week after the one before: one query answers for all of them."""
    flights, weather = [], []
    for week, world in enumerate(worlds):
        flights += [flight._replace(scheduled=flight.scheduled + week * WEEK).row for flight in world.flights]
        for (origin, hour), seen in world.weather.items():
            at = hour + week * WEEK
            weather.append((origin, at.year, at.month, at.day, at.hour, *[seen] * 9, at))
    planes = [(f"N{number}", 2000 + number, "BOEING", "737", 150) for number in range(3)]
    return {
        "flights": spark.createDataFrame(flights, FLIGHTS),
        "weather": spark.createDataFrame(weather, WEATHER),
        "planes": spark.createDataFrame(planes, PLANES),
        "airports": spark.createDataFrame([("ORD", "Chicago", 42.0, -87.9, 668)], AIRPORTS),
    }


def seen_by_models(
    spark: SparkSession, silver: Mapping[str, DataFrame], config: Config, worlds: int
) -> list[dict[str, dict[str, Any]]]:
    """For each world: flight → what a model may see of it, and when it was scheduled."""
    hidden = {config.features.label, *config.features.exclude}
    found: list[dict[str, dict[str, Any]]] = [{} for _ in range(worlds)]
    for row in feature_rows(spark, silver, config).collect():
        week = (row["scheduled_at"] - DAY) // WEEK
        values = {name: value for name, value in row.asDict().items() if name not in hidden}
        values["scheduled_at"] -= week * WEEK
        found[week][row["flight"]] = values
    return found


def up_to(now: datetime, flights: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: values for name, values in flights.items() if values["scheduled_at"] <= now}


MOMENTS = [DAY + timedelta(hours=hour, minutes=minute) for hour, minute in ((10, 0), (11, 15), (11, 40))]


@pytest.fixture(scope="module")
def session(spark: SparkSession) -> SparkSession:
    return spark.newSession()


@pytest.fixture(scope="module")
def flights() -> Config:
    return load_config([ROOT / "conf" / "flights.yaml"], environ={})


@pytest.fixture(scope="module")
def silver(session: SparkSession) -> dict[str, DataFrame]:
    """What happened, and for each moment the same day with another future."""
    world = the_day()
    return silver_of(session, [world, *[with_another_future(world, now) for now in MOMENTS]])


@pytest.mark.spark
def test_no_feature_moves_with_what_happens_later(
    session: SparkSession, flights: Config, silver: dict[str, DataFrame]
) -> None:
    real, *others = seen_by_models(session, silver, flights, 1 + len(MOMENTS))
    for now, other in zip(MOMENTS, others, strict=True):
        assert up_to(now, other) == up_to(now, real)
        assert len(up_to(now, real)) > 10
        assert other != real  # later flights do see the other future
    # The features tell of the past: the weather of 10:00, and the four that left Newark from 10:00 to 11:00.
    seen = real["UA 14"]
    assert (seen["scheduled_at"], seen["origin"]) == (DAY + timedelta(hours=11, minutes=30), "EWR")
    assert (seen["temperature"], seen["departures_before"], seen["mean_delay_before"]) == (40.0, 4, 26.25)


LOOKS_AHEAD = {
    "the weather of the hour itself": (
        "weather.time_hour = flights.time_hour - INTERVAL 1 HOUR",
        "weather.time_hour = flights.time_hour",
    ),
    "who leaves in the same hour": (
        "departures.hour = flights.time_hour - INTERVAL 1 HOUR",
        "departures.hour = flights.time_hour",
    ),
    "that it left early itself": (
        "greatest(floor((minute + dep_delay) / 60), 0)",
        "floor((minute + dep_delay) / 60)",
    ),
    "who was scheduled before, however late they left": (
        "greatest(floor((minute + dep_delay) / 60), 0)",
        "0",
    ),
    "when it left": ("flights.distance,", "flights.distance, flights.dep_time,"),
    "where its plane went next": (
        "planes.seats,",
        "planes.seats, count(*) OVER (PARTITION BY flights.tailnum, flights.day) AS legs,",
    ),
}


@pytest.mark.spark
@pytest.mark.parametrize("what", LOOKS_AHEAD)
def test_a_query_that_looks_ahead_is_found(
    session: SparkSession, flights: Config, silver: dict[str, DataFrame], what: str
) -> None:
    honest, ahead = LOOKS_AHEAD[what]
    query = flights.features.query or ""
    assert query.count(honest) == 1
    features = flights.features.model_copy(update={"query": query.replace(honest, ahead)})
    leaking = flights.model_copy(update={"features": features})
    real, *others = seen_by_models(session, silver, leaking, 1 + len(MOMENTS))
    assert any(up_to(now, other) != up_to(now, real) for now, other in zip(MOMENTS, others, strict=True))
