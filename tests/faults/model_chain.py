"""Kills of training, promotion and scoring, one after another, until nothing is left to be killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as ModelStore
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as RunStore
from pyspark.sql import SparkSession

from tests.faults.compare import difference, newest
from tests.faults.kills import Kill, call, kill_at
from tests.faults.models import Models, models, repeated
from tests.faults.scenarios import project_of
from tests.faults.shop import Shop, open_shop

BATCHES = 2


@dataclass(frozen=True)
class ModelScenario:
    """A project that was brought up to some step, then the command that is killed again and again.

    `last` is that step, None where nothing was done.
    """

    name: str
    last: str | None
    command: tuple[str, ...]
    kills: Sequence[Kill]


@dataclass(frozen=True)
class ModelsFound:
    """What was seen after one kill, or after the last command, which nobody killed."""

    scenario: str
    where: str
    is_hit: bool
    models: Models
    lost: int
    doubled: int
    repeated: int
    wrong: tuple[str, ...] = ()


def killed_models(
    spark: SparkSession, folder: Path, scenario: ModelScenario, like: Shop
) -> Iterator[ModelsFound]:
    """Kill, look, and run again. Where a command ended before its kill, the project is put back for the next.

    `like` is such a project that nobody killed. Each time every key has one prediction of a model at most,
    aliases point at models that can be loaded, and no trial on record is done again. When a command ended,
    predictions, winner and tables are those of `like`, and nothing is left running.
    """
    shop = open_shop(folder / "killed", BATCHES)
    if scenario.last is not None:
        project_of(shop).run(spark, last=scenario.last)
    stored = folder / "before"
    shutil.copytree(shop.folder, stored)
    known = models(spark, shop)
    wanted, whole = models(spark, like), newest(spark, like)
    is_over = False
    for kill in scenario.kills:
        if is_over:
            put_back(spark, stored, shop)
            known = models(spark, shop)
        is_hit = kill_at(kill, shop.lake, *scenario.command)
        seen = models(spark, shop)
        is_over = not is_hit
        yield _found(scenario, str(kill), seen, known, wanted if is_over else None)
        known = seen
    if not is_over:
        ended = call(shop.folder, *scenario.command)
        assert ended.code == 0, ended.err
        yield _found(scenario, "run to its end", models(spark, shop), known, wanted)
    rows = difference(whole, newest(spark, shop))
    assert rows.is_none, rows


def kills_of_models(
    spark: SparkSession, shop: Shop, name: str, kills: Sequence[Kill], command: tuple[str, ...]
) -> Iterator[ModelsFound]:
    """Kill, look, and run again, as long as there are kills. The run is left as the last one left it."""
    known = models(spark, shop)
    for kill in kills:
        is_hit = kill_at(kill, shop.lake, *command)
        seen = models(spark, shop)
        wrong = seen.unloadable
        again = repeated(known.trials, seen.trials)
        yield ModelsFound(name, str(kill), is_hit, seen, 0, seen.doubled, again, wrong)
        known = seen


def _found(
    scenario: ModelScenario, where: str, seen: Models, before: Models, wanted: Models | None
) -> ModelsFound:
    """`wanted` where the command ended by itself."""
    wrong = list(seen.unloadable)
    lost, doubled = 0, seen.doubled
    if wanted is not None and scenario.command[0] in ("run", "score"):
        lost = sum((wanted.predictions - seen.predictions).values())
        doubled += sum((seen.predictions - wanted.predictions).values())
    if wanted is not None:
        wrong += [f"winner: {seen.winner}"] if seen.winner != wanted.winner else []
        wrong += [f"runs: {seen.statuses}"] if set(seen.statuses) != {"FINISHED"} else []
        wrong += [f"trials: {len(seen.trials)}"] if set(seen.trials) != set(wanted.trials) else []
    return ModelsFound(
        scenario.name,
        where,
        wanted is None,
        seen,
        lost,
        doubled,
        repeated(before.trials, seen.trials),
        tuple(wrong),
    )


def put_back(spark: SparkSession, stored: Path, shop: Shop) -> None:
    """The project as it was, at the same place: MLflow keeps whole paths.

    What this process keeps open or in memory of the files that are gone is forgotten.
    """
    shutil.rmtree(shop.folder)
    shutil.copytree(stored, shop.folder)
    for store in (RunStore, ModelStore):
        for engine in store._engine_map.values():
            engine.dispose()
    jvm: Any = spark._jvm
    jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()  # it would take the new tables for the old ones
