"""What MLflow and the predictions say after a kill, beside what they said before it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from pipeline.errors import PipelineError
from pipeline.lake import Lake, names
from pipeline.tracking import Registry, Tracking
from tests.faults.scenarios import project_of
from tests.faults.shop import NAME, Shop


@dataclass(frozen=True)
class Models:
    """Everything that a kill in train, promote or score could spoil."""

    trials: Mapping[str, str]
    """Key → what is on record of the trial: done again, it would tell of other seconds."""
    statuses: Mapping[str, int]
    """How many runs in MLflow have which status."""
    winner: str
    aliases: Mapping[str, int]
    unloadable: tuple[str, ...]
    """Aliases whose version cannot be loaded."""
    predictions: Counter[str]
    """Key and prediction of every row."""
    keys: Counter[str]
    """Key and model version of every row: each once."""

    @property
    def doubled(self) -> int:
        return sum(count - 1 for count in self.keys.values())


def models(spark: SparkSession, shop: Shop) -> Models:
    """Look at a project's models as another process would."""
    config = project_of(shop).config
    registry = Registry(Tracking.of(config, str(shop.lake)))
    aliases, unloadable = {}, []
    for alias in ("challenger", "champion") if (shop.lake / "mlflow.db").exists() else ():
        version = registry.find(alias)  # type: ignore[arg-type]
        if version is not None:
            aliases[alias] = version.version
            try:
                registry.load(spark, version, f"{shop.lake}/_tmp")
            except PipelineError as error:
                unloadable.append(f"{alias}: {error}")
    lake, table = Lake(spark, str(shop.lake)), names.predictions(NAME)
    rows = (
        lake.read(table).select("id", "prediction", "model_version").collect() if lake.exists(table) else []
    )
    return Models(
        trials=dict(query(shop.lake, "SELECT key, value FROM tags WHERE key LIKE 'trial.%'")),
        statuses=dict(query(shop.lake, "SELECT status, count(*) FROM runs GROUP BY status")),
        winner=", ".join(
            text for (text,) in query(shop.lake, "SELECT DISTINCT value FROM tags WHERE key='winner'")
        ),
        aliases=aliases,
        unloadable=tuple(unloadable),
        predictions=Counter(f"{row.id} {row.prediction!r}" for row in rows),
        keys=Counter(f"{row.id} {row.model_version}" for row in rows),
    )


def repeated(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    """How many trials that were on record were done again."""
    return sum(after.get(key) != text for key, text in before.items())


def query(lake: Path, statement: str) -> list[tuple[Any, ...]]:
    """Rows of MLflow's own database; none while it does not exist."""
    file = lake / "mlflow.db"
    if not file.exists():
        return []
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(statement).fetchall()
