"""The whole way on real data: house sales of 2006 to 2009 train a model, then the sales of 2010 arrive.

    .venv/bin/python -m examples.demo

Everything it makes is in lake/house_prices_demo, made anew each time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from examples.stage import landing, stage, start_spark, timed
from pipeline.cli.execute import execute
from pipeline.cli.overview import quarantine_parts
from pipeline.cli.page import heading, table
from pipeline.cli.screen import Screen
from pipeline.cli.text import count, figure
from pipeline.shown import SOURCE

if TYPE_CHECKING:
    from pipeline.project import Project

NAME = "house_prices"
DATA = Path(__file__).resolve().parent / "data"
OVERLAY = """\
# Laid over conf/house_prices.yaml by the demo: the same project in a place of its own.
lake: {root: lake}
sources:
  houses: {path: landing/*.csv}
"""


def main() -> int:
    return execute("demo", stage(NAME, OVERLAY), demo)


def demo(project: Project, screen: Screen) -> int:
    """Two runs of the same command; the second one has new files."""
    screen.print(Text("1. The sales of 2006 to 2009 arrive: four files", style="bold"))
    arrive("2006.csv", "2007.csv", "2008.csv", "2009.csv")
    start = start_spark(project)
    first = project.run()
    screen.print("", Text("2. The sales of 2010 arrive, and a late file with faults", style="bold"))
    arrive("2010.csv", "late_2010.csv")
    second = project.run()
    times = timed(start, (first, second), ("2006-2009", "2010 and late"))
    screen.print("", *quarantined(project, screen), "", *predicted(project), "", *times, "")
    screen.next(
        (("status",), "champion, tables, what is due"),
        (("show", "quarantine"), "bad rows and why"),
        (("ui",), "runs, candidates and models in MLflow's page"),
    )
    return second.exit_code


def arrive(*names: str) -> None:
    """Copy files into the folder that the project reads."""
    for name in names:
        shutil.copyfile(DATA / name, landing(NAME) / name)


def quarantined(project: Project, screen: Screen) -> Iterator[RenderableType]:
    """One bad row of the late file, and why."""
    yield heading("A row in quarantine, and why")
    yield from quarantine_parts(project.show("quarantine", 1), SOURCE, screen.page.width)


def predicted(project: Project) -> Iterator[RenderableType]:
    """Ten predictions beside what the houses were sold for, and how far off all of 2010 is."""
    sold = project.table("predictions_house_prices").where("Year_Sold = 2010 AND Sale_Price IS NOT NULL")
    off = sold.selectExpr("count(*) AS houses", "median(abs(prediction / Sale_Price - 1)) AS off").first()
    assert off is not None  # an aggregate without groups has one row
    yield heading(f"{count(off['houses'])} houses sold in 2010, which the model has never seen: ten of them")
    rows = sold.orderBy("Order").limit(10).collect()
    lines = [
        [
            str(row["Order"]),
            row["Neighborhood"],
            figure(row["prediction"]),
            figure(row["Sale_Price"]),
            f"{row['prediction'] / row['Sale_Price'] - 1:+.1%}",
        ]
        for row in rows
    ]
    yield table(["Order", "neighborhood", "predicted", "sold for", "off by"], lines, left=["neighborhood"])
    yield Text(
        f"  half of all {count(off['houses'])} predictions are within {off['off']:.1%} of the real price"
    )
