"""Many boosted trials in one task: what they give is what fits of their own give."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.preprocessing.roles import Role, Roles
from pipeline.progress import SILENT
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.find_target import find_target
from pipeline.tuning.judges import folds_of
from pipeline.tuning.prepared import FoldFrames, PreparedFold, fold_set
from pipeline.tuning.rows import SPLIT, with_splits
from pipeline.tuning.runners import boosted
from pipeline.tuning.runners.base import Work
from pipeline.tuning.runners.boosted import BoostedRunner, DistributedRunner
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.search import Search
from pipeline.tuning.trials import Standing, Trial
from pipeline.tuning.watching import Watching
from pipeline.tuning.work_area import WorkArea
from tests.tuning.waves import OneWave

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
    assert together[2].rounds is not None
    assert not list((tmp_path / "lake").glob("**/*"))


def search(
    spark: SparkSession,
    rows: DataFrame,
    target: Any,
    settings: Config,
    tried: tuple[Candidate, ...],
    slots: int,
) -> tuple[Standing, ...]:
    found = Search(spark, rows, target, ROLES, settings)
    found._slots = slots
    with SILENT.task("search") as task:
        return found.run(OneWave(tried), task)


def test_partitions_slots_chunks_and_adaptive_execution_change_nothing(
    spark: SparkSession, table: DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read straight by one chunk or two, or by three from files."""
    settings = config(tmp_path, "binary", train={"folds": 2})
    tried = candidates(
        {"n_estimators": 5, "subsample": 0.5}, {"n_estimators": 8}, {"n_estimators": 3}, {"max_depth": 2}
    )
    rows = with_splits(table, settings, ROLES.inputs)
    target = find_target(rows, table.schema["binary"].dataType, settings)
    fitted = target.encode(rows).where(F.col(SPLIT) != "test")
    outcomes = []
    kept: list[str] = []
    keep = WorkArea.keep
    monkeypatch.setattr(
        WorkArea, "keep", lambda area, name, rows: kept.append(name) or keep(area, name, rows)
    )
    adaptive = spark.conf.get("spark.sql.adaptive.enabled")
    try:
        for partitions, slots, setting, chunks, files in (
            (1, 1, "true", [[0, 1, 2]], []),
            (3, 2, "true", [[0, 2], [1]], []),
            (5, 4, "false", [[0], [1], [2]], ["boosting-0", "boosting-1"]),
        ):
            spark.conf.set("spark.sql.adaptive.enabled", setting)
            monkeypatch.setattr(boosted, "chunks_of", lambda *_, chunks=chunks: chunks)
            standings = search(spark, fitted.repartition(partitions), target, settings, tried, slots)
            outcomes.append([[dict(trial.metrics) for trial in standing.trials] for standing in standings])
            assert {trial.placement for standing in standings for trial in standing.trials} == {"local"}
            assert sorted(kept) == files
    finally:
        spark.conf.set("spark.sql.adaptive.enabled", str(adaptive))
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_shuffled_labels_score_at_chance(spark: SparkSession, tmp_path: Path) -> None:
    shuffled = F.pmod(F.xxhash64("id", F.lit("label")), F.lit(2)).cast("int")
    table = spark.range(6_000).select(
        "id",
        F.pmod(F.xxhash64("id", F.lit(1)), F.lit(50)).cast("double").alias("size"),
        F.pmod(F.xxhash64("id", F.lit(2)), F.lit(1_000)).cast("double").alias("age"),
        F.pmod(F.xxhash64("id", F.lit(3)), F.lit(9)).cast("string").alias("town"),
        shuffled.alias("binary"),
    )
    settings = config(tmp_path, "binary", features={"label": "binary"}, train={"folds": 2})
    rows = with_splits(table, settings, ROLES.inputs)
    target = find_target(rows, table.schema["binary"].dataType, settings)
    fitted = target.encode(rows).where(F.col(SPLIT) != "test")
    (standing,) = search(spark, fitted, target, settings, candidates({"n_estimators": 20}), 1)
    assert abs(standing.metrics["auc_roc"] - 0.5) < 0.03
    assert all(trial.training_metrics["auc_roc"] > 0.55 for trial in standing.trials)


def test_a_trial_whose_worker_dies_is_done_by_all_workers(
    table: DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(plan: Any) -> Any:
        def run(batches: Any) -> Any:
            import os

            os._exit(137)
            yield from batches

        return run

    tried = candidates({"n_estimators": 4})
    for fold in prepared(table, config(tmp_path, "regression")):
        monkeypatch.setattr(boosted, "travelling_task", die)
        (trial,) = run(BoostedRunner(), fold, tried)
        monkeypatch.undo()
        (alone,) = run(SparkRunner(), fold, tried)
    assert (trial.failed, trial.placement) == (None, "distributed")
    assert trial.note == "its task was lost, perhaps for memory; done by all workers"
    assert trial.metrics["rmse"] == pytest.approx(alone.metrics["rmse"], rel=0.05)


def test_what_does_not_fit_goes_to_all_workers_and_bad_parameters_fail_alone(
    table: DataFrame, tmp_path: Path
) -> None:
    settings = config(tmp_path, "regression", train={"local_memory": "8m"})
    tried = candidates({"n_estimators": 2}, {"n_estimators": 2_000, "max_depth": 12}, {"n_estimators": -1})
    for fold in prepared(table, settings):
        works = boosted.boosted_work(tried, fold, 1.0, slots=2)
        alone = boosted.boosted_work(tried, fold, 1.0, slots=1)
        (bad,) = works[-1].run(fold, 1.0)
    assert placed(works) == [((1,), BoostedRunner), ((2,), DistributedRunner), ((3,), SparkRunner)]
    assert placed(alone) == [((1, 2), BoostedRunner), ((3,), SparkRunner)]
    assert bad.failed is not None
    assert "n_estimators" in bad.failed


def test_a_search_that_is_interrupted_cancels_the_task_and_leaves_no_files(
    spark: SparkSession, table: DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second candidate alone would take many minutes."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    settings = config(tmp_path, "regression", train={"folds": 0})
    rows = with_splits(table, settings, ROLES.inputs)
    target = find_target(rows, table.schema["regression"].dataType, settings)
    fitted = target.encode(rows).where(F.col(SPLIT) != "test")
    monkeypatch.setattr(boosted, "chunks_of", lambda fits, *_: [[at] for at in range(len(fits))])
    tried = candidates({"n_estimators": 1}, {"n_estimators": 100_000, "max_depth": 8})
    monkeypatch.setattr(Watching, "ended", interrupt)
    with SILENT.task("search") as task:
        searching = Search(spark, fitted, target, ROLES, settings)
        with pytest.raises(KeyboardInterrupt):
            searching.run(OneWave(tried), task)
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    assert not list((tmp_path / "lake").glob("_work/*"))


def placed(works: Sequence[Work]) -> list[tuple[tuple[int, ...], type]]:
    return [(tuple(one.number for one in work.candidates), type(work.runner)) for work in works]
