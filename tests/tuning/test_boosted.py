"""Many boosted trials in one task: what they give is what fits of their own give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.preprocessing.roles import Role, Roles
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.find_target import find_target
from pipeline.tuning.judges import folds_of
from pipeline.tuning.prepared import FoldFrames, PreparedFold, fold_set
from pipeline.tuning.rows import SPLIT, with_splits
from pipeline.tuning.runners import boosted
from pipeline.tuning.runners.boosted import BoostedRunner
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.trials import Trial

pytestmark = pytest.mark.spark

ROLES = Roles(
    (
        Role("size", "numeric", ""),
        Role("age", "numeric", ""),
        Role("town", "categorical", ""),
    )
)
KINDS = {"regression": "double", "binary": "int", "multiclass": "string"}


def config(root: Path, task: str, **sections: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": task,
            "lake": {"root": str(root / "lake")},
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": task, "weight": "weight"},
            **sections,
        }
    )


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> Iterator[DataFrame]:
    noise = F.pmod(F.xxhash64("id", F.lit("noise")), F.lit(1_000)) / 1_000
    size = F.pmod(F.xxhash64("id", F.lit("size")), F.lit(90)).cast("double")
    towns = F.array(*map(F.lit, ("north", "south", "east", "west")))
    rows = spark.range(900).select(
        "id",
        F.when(F.col("id") % 11 != 0, size).alias("size"),
        F.pmod(F.xxhash64("id", F.lit("age")), F.lit(700)).cast("double").alias("age"),
        F.element_at(towns, (F.col("id") % 4 + 1).cast("int")).alias("town"),
        (1 + F.col("id") % 3).cast("double").alias("weight"),
        (size * 3 + noise * 20 + F.col("id") % 4).alias("regression"),
        (size + noise * 60 > 70).cast("int").alias("binary"),
        F.concat(F.lit("class "), F.floor((size + noise * 30) / 40).cast("string")).alias("multiclass"),
    )
    kept = rows.persist(StorageLevel.MEMORY_ONLY)
    yield kept
    kept.unpersist()


def prepared(table: DataFrame, settings: Config) -> Iterator[PreparedFold]:
    rows = with_splits(table, settings, ROLES.inputs)
    target = find_target(rows, table.schema[settings.features.label].dataType, settings)
    frames = FoldFrames(target.encode(rows).where(F.col(SPLIT) != "test"), target, ROLES, settings)
    try:
        yield frames.prepared(fold_set("boosting", {}), folds_of(settings)[0])
    finally:
        frames.release_all()


def candidates(*params: dict[str, Any]) -> tuple[Candidate, ...]:
    common = {"max_depth": 3, "learning_rate": 0.3}
    return tuple(
        Candidate(number, "xgboost", {**common, **given}) for number, given in enumerate(params, start=1)
    )


def run(runner: Any, fold: PreparedFold, tried: tuple[Candidate, ...], share: float = 1.0) -> list[Trial]:
    return sorted(runner.run(fold, tried, share), key=lambda trial: trial.candidate.number)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_trials_in_one_task_are_those_of_fits_of_their_own(
    table: DataFrame, tmp_path: Path, task: str
) -> None:
    tried = candidates(
        {"n_estimators": 9},
        {"n_estimators": 4, "subsample": 0.5, "colsample_bytree": 0.5},
        {"n_estimators": 7, "subsample": 0.5, "colsample_bytree": 0.5},
        {"n_estimators": 60, "early_stopping_rounds": 3, "max_bin": 16},
    )
    transform = "log1p" if task == "regression" else "none"
    settings = config(tmp_path, task, train={"label_transform": transform, "placement": "local"})
    for fold in prepared(table, settings):
        (work,) = boosted.boosted_work(tried, fold, 0.5, slots=1)
        together = sorted(work.run(fold, 0.5), key=lambda trial: trial.candidate.number)
        alone = run(SparkRunner(), fold, tried, 0.5)
    assert isinstance(work.runner, BoostedRunner)
    for one, other in zip(together, alone, strict=True):
        assert one.failed is other.failed is None
        assert one.metrics == pytest.approx(dict(other.metrics), rel=1e-9)
        assert (one.rounds, one.placement) == (other.rounds, "local")
        assert set(one.training_metrics) == set(one.metrics)
    assert together[3].rounds is not None
    assert not list((tmp_path / "lake").glob("**/*"))
