"""Kills in a row on one lake: the command is run again after each, and each time killed a little later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from tests.faults.compare import Difference, State, difference, newest, state
from tests.faults.kills import call, kill_at
from tests.faults.scenarios import Scenario, project_of
from tests.faults.shop import Shop, open_shop


@dataclass(frozen=True)
class Found:
    """What readers saw after one kill, or after the last command, which nobody killed."""

    scenario: str
    where: str
    is_hit: bool
    seen: State
    difference: Difference


def killed_in_a_row(spark: SparkSession, folder: Path, scenario: Scenario) -> Iterator[Found]:
    """Kill, look, and run again; then once to the end.

    Each time readers must see whole batches, with the rows that they have in a project that nobody killed. At
    the end so must be the newest versions of the tables.
    """
    like = open_shop(folder / "never killed", scenario.batches)
    scenario.prepare(like, spark)
    scenario.act(project_of(like), spark)
    shop = open_shop(folder / "killed", scenario.batches)
    scenario.prepare(shop, spark)
    yield from kills_of(spark, shop, like, scenario)
    ended = call(shop.folder, *scenario.command)
    assert ended.code == 0, ended.err
    yield from looks_at_the_end(spark, shop, like, scenario)


def kills_of(spark: SparkSession, shop: Shop, like: Shop, scenario: Scenario) -> Iterator[Found]:
    """Every kill of a scenario on one project, each with a look. The run is left as the last one left it."""
    for turn, kill in enumerate(scenario.kills):
        is_hit = kill_at(kill, shop.lake, *scenario.command, driver_only=bool(turn % 2))
        yield _look(spark, shop, like, scenario, str(kill), is_hit)


def looks_at_the_end(spark: SparkSession, shop: Shop, like: Shop, scenario: Scenario) -> Iterator[Found]:
    """What readers see when nobody has interrupted, and the newest versions, published or not."""
    yield _look(spark, shop, like, scenario, "run to its end", False)
    whole = difference(newest(spark, like), newest(spark, shop))
    yield Found(scenario.name, "newest versions", False, state(spark, shop), whole)


def _look(spark: SparkSession, shop: Shop, like: Shop, scenario: Scenario, where: str, is_hit: bool) -> Found:
    seen = state(spark, shop)
    wanted = state(spark, like, seen.batches)
    return Found(scenario.name, where, is_hit, seen, difference(wanted.tables, seen.tables))
