"""Thirty kills: loads, a replay, a refresh and a discard, killed at their commits and at random moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

import pipeline
from pipeline.project import Project
from pipeline.steps.clean.decision import Decision
from tests.faults.kills import AtCommit, AtDataFile, AtRandom, Kill
from tests.faults.shop import Shop

Act = Callable[[Project, SparkSession], object]


@dataclass(frozen=True)
class Scenario:
    """One lake: what is done to it first, then the command that is killed, and the same command in Python."""

    name: str
    batches: int
    prepare: Callable[[Shop, SparkSession], None]
    command: tuple[str, ...]
    act: Act
    kills: Sequence[Kill]


def project_of(shop: Shop) -> Project:
    """The shop as a project in this process."""
    return pipeline.load(shop.config_file, environ={})


def load_all(project: Project, spark: SparkSession) -> object:
    """Everything up to clean."""
    return project.run(spark, last="clean")


def _nothing(shop: Shop, spark: SparkSession) -> None:
    return


def _loaded(shop: Shop, spark: SparkSession) -> None:
    load_all(project_of(shop), spark)


def _mended(shop: Shop, spark: SparkSession) -> None:
    """Loaded by one rule, which then was mended for what comes next."""
    _loaded(shop, spark)
    shop.configure(floor=-5)
    project_of(shop).clean(spark, decision=Decision(from_now=True))


def _changed(shop: Shop, spark: SparkSession) -> None:
    """Loaded by one rule, which then was changed."""
    _loaded(shop, spark)
    shop.configure(floor=-5)


def loads(name: str, batches: int, *kills: Kill) -> Scenario:
    """Files to land and to clean."""
    return Scenario(name, batches, _nothing, ("run", "--to", "clean", "--json"), load_all, kills)


def whole_runs(name: str, batches: int, *kills: Kill) -> Scenario:
    """The same by a run that goes on to the predictions."""
    return Scenario(
        name, batches, _nothing, ("run", "--json"), lambda project, spark: project.run(spark), kills
    )


def committed(step: str, batch: int, *tables: str) -> list[Kill]:
    """Kills at the commits of one batch, in their order."""
    labels = {"intents": f"intent/{step}/sales/{batch}", "ledger": f"ledger/{step}/sales/{batch}"}
    labels |= {"manifest": f"manifest/sales/{batch}", "contracts": "contract/sales/1"}
    return [AtCommit(table, labels.get(table, f"{step}/sales/{batch}")) for table in tables]


SILVER, QUARANTINE, BRONZE = "silver_sales", "quarantine_sales", "bronze_sales"

# A moment at random comes before the commit that is waited for next: about four files make one.
SCENARIOS = (
    loads(
        "load 1",
        3,
        *committed("ingest", 1, "manifest", BRONZE),
        *committed("ingest", 2, "manifest", "ledger"),
        AtRandom(11, most_files=12),
        AtRandom(12, most_files=20),
        *committed("clean", 2, SILVER),
    ),
    loads(
        "load 2",
        2,
        *committed("clean", 1, "intents", "contracts", QUARANTINE, SILVER, "ledger"),
        AtRandom(13, most_files=10),
        *committed("clean", 2, "ledger"),
    ),
    loads(
        "load 3",
        2,
        AtDataFile(BRONZE),
        *committed("ingest", 2, BRONZE),
        AtDataFile(QUARANTINE),
        AtDataFile(SILVER),
        AtRandom(14, most_files=8),
        *committed("clean", 2, "intents", QUARANTINE),
    ),
    Scenario(
        "replay",
        2,
        _mended,
        ("quarantine", "replay", "--json"),
        lambda project, spark: project.quarantine_replay(spark=spark),
        [
            *committed("replay", 1, "intents"),
            AtDataFile(QUARANTINE),
            *committed("replay", 1, QUARANTINE, SILVER),
        ],
    ),
    Scenario(
        "refresh",
        2,
        _changed,
        ("clean", "--full-refresh", "--json"),
        lambda project, spark: project.clean(spark, decision=Decision(full_refresh=True)),
        committed("refresh", 1, "intents", QUARANTINE, SILVER),
    ),
    Scenario(
        "discard",
        2,
        _loaded,
        ("quarantine", "discard", "--rule", "type", "--reason", "test", "--json"),
        lambda project, spark: project.quarantine_discard(spark=spark, rule="type", reason="test"),
        committed("discard", 1, "intents", QUARANTINE),
    ),
)
