"""Four tables, joined in SQL: flights of January to November train a model, then December arrives.

    make demo ARGS=flights

Everything it makes is in lake/flights_demo, made anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from examples.flights.prepare import MONTHS, package_data, write_months, write_registers
from examples.stage import landing, stage, start_spark, timed
from pipeline.cli.execute import execute
from pipeline.cli.page import heading, table
from pipeline.cli.screen import Screen
from pipeline.cli.text import count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pipeline.project import Project

NAME = "flights"
OVERLAY = """\
# Laid over conf/flights.yaml by the demo: the same project in a place of its own.
lake: {root: lake}
sources:
  flights: {path: landing/flights/*.csv}
  weather: {path: landing/weather/*.csv}
  planes: {path: landing/planes.csv}
  airports: {path: landing/airports.parquet}
"""
# In New York's own time, whatever the session's is.
_NEW_YORK = "convert_timezone('America/New_York', scheduled_at)"


def main() -> int:
    package_data()  # a missing package is told before anything is made
    return execute("demo", stage(NAME, OVERLAY), demo)


def demo(project: Project, screen: Screen) -> int:
    """Two runs of the same command; the second one has new files."""
    screen.print(Text("1. The flights and the weather of January to November arrive", style="bold"))
    write_registers(landing(NAME))
    write_months(landing(NAME), MONTHS[:-1])
    start = start_spark(project)
    first = project.run()
    screen.print("", Text("2. December arrives", style="bold"))
    write_months(landing(NAME), MONTHS[-1:])
    second = project.run()
    times = timed(start, (first, second), ("January to November", "December"))
    screen.print("", *predicted(project), "", *times, "")
    screen.next(
        (("status",), "champion, tables, what is due"),
        (("show", "predictions"), "a chance of being late for every flight"),
        (("ui",), "runs, candidates and models in MLflow's page"),
    )
    return second.exit_code


def predicted(project: Project) -> Iterator[RenderableType]:
    """Ten flights of December beside what happened, and how well the chances sort the whole month."""
    december = project.table("predictions_flights").where(f"month({_NEW_YORK}) = 12")
    flown = december.where("late IS NOT NULL")
    yield heading("Ten flights of a Friday in December, which the model has never seen")
    day = flown.where(f"{_NEW_YORK} >= timestamp_ntz'2013-12-20 17:00:00'")
    columns = ["flight", "origin", "dest", "probability", "arr_delay"]
    rows = (
        day.orderBy("scheduled_at", "flight")
        .selectExpr(*columns, f"date_format({_NEW_YORK}, 'HH:mm') AS departs")
        .limit(10)
        .collect()
    )
    lines = [
        [
            row["flight"],
            f"{row['origin']} {row['departs']}",
            row["dest"],
            f"{row['probability']:.0%}",
            _minutes(row["arr_delay"]),
        ]
        for row in rows
    ]
    yield table(
        ["flight", "from", "to", "chance of being late", "it was"], lines, left=["flight", "from", "to"]
    )
    yield Text(sorted_by_chance(flown))


def sorted_by_chance(flown: DataFrame) -> str:
    """How many were late of those the model thought most and least likely to be."""
    edges = flown.selectExpr("percentile_approx(probability, array(0.1, 0.9)) AS edges").first()
    assert edges is not None  # an aggregate without groups has one row
    low, high = edges["edges"]
    parts = {"all": "true", "most": f"probability >= {high}D", "least": f"probability <= {low}D"}
    found = flown.selectExpr(
        "count(*) AS flights",
        *[
            f"avg(IF({condition}, CAST(late AS DOUBLE), NULL)) AS {name}_late"
            for name, condition in parts.items()
        ],
    ).first()
    assert found is not None
    return (
        f"  of {count(found['flights'])} flights in December {found['all_late']:.0%} were late: "
        f"{found['most_late']:.0%} of the tenth with the highest chances, "
        f"{found['least_late']:.0%} of the tenth with the lowest"
    )


def _minutes(delay: float) -> str:
    if delay <= 0:
        return "on time"
    return f"{delay:.0f} min late"
