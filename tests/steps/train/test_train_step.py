from __future__ import annotations

import math
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.lake.writes import Txn
from pipeline.progress import Silent
from pipeline.steps.promote.checks import check_reload
from pipeline.steps.train import step
from pipeline.steps.train.step import run
from pipeline.tracking import Registry, Tracking, predict_example
from pipeline.tuning import search

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LEARNERS = {
    "linear_regression": {"params": {"elasticNetParam": 0.0}, "space": {"regParam": [0.01, 100.0]}},
    "xgboost": {"params": {"n_estimators": 30, "early_stopping_rounds": 5}, "space": {"max_depth": [2]}},
}


class Project:
    """A lake with a finished features batch, and a tracking store inside it."""

    def __init__(self, spark: SparkSession, root: Path) -> None:
        self.spark, self.root, self.lake = spark, root, Lake(spark, str(root))

    def config(self, **more: Any) -> Config:
        values = {
            "name": "t",
            "task": "regression",
            "lake": {"root": str(self.root)},
            "sources": {"houses": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "price"},
            "train": {"folds": 2, "learners": LEARNERS},
        }
        return Config.model_validate(values | more)

    def features(self, select: str = "*", batch: int = 1) -> None:
        rows = self.spark.range(300).selectExpr(
            "id",
            "CAST(id % 17 AS DOUBLE) AS size",
            "IF(id % 5 = 0, NULL, CAST(id % 3 AS INT)) AS rooms",
            "IF(id % 2 = 0, 'town', 'country') AS place",
            "IF(id % 50 = 7, NULL, 5.0 * (id % 17) + 20 * (id % 2) + 1) AS price",
            "id AS _row_hash",
            "1 AS _batch_id",
        )
        commit = self.lake.append("features_t", rows.selectExpr(select), Txn("features/t", batch))
        tables = {"features_t": commit.version, "silver_houses": 3}
        Ledger(self.lake).append(LedgerEntry("features", "t", batch, {}, tables, "", NOW, NOW))

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(f"sqlite:///{self.root}/mlflow.db")

    def runs(self, wanted: str = "") -> list[Any]:
        experiment = self.client.get_experiment_by_name("t")
        return list(self.client.search_runs([experiment.experiment_id], wanted)) if experiment else []


@pytest.fixture(scope="module")
def trained(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Any]:
    project = Project(spark, tmp_path_factory.mktemp("lake"))
    project.features()
    return project, run(spark, project.config(), now=NOW)


@pytest.mark.spark
def test_the_result_holds_leaderboard_metrics_and_roles(trained: tuple[Project, Any]) -> None:
    _, result = trained
    assert (result.verdict, result.model, result.model_version) == ("done", "t", 1)
    means = [row.mean for row in result.leaderboard]
    assert means == sorted(means)
    assert result.winner == result.leaderboard[0]
    assert len(result.leaderboard) == 3
    assert result.test_metrics["rmse"] < 0.5 * result.baseline_metrics["rmse"]
    assert result.cv_metrics["rmse"] == pytest.approx(result.winner.mean)
    assert {role.column: role.kind for role in result.roles} == {
        "id": "key",
        "size": "numeric",
        "rooms": "numeric",
        "place": "categorical",
        "price": "label",
    }
    assert sum(result.rows.values()) == 300
    assert result.rows["unlabelled"] == 6


@pytest.mark.spark
def test_mlflow_holds_parent_children_and_where_the_rows_came_from(trained: tuple[Project, Any]) -> None:
    project, result = trained
    parent = project.client.get_run(result.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["table.features_t"] == "0"
    assert parent.data.tags["table.silver_houses"] == "3"
    assert parent.data.metrics["test_rmse"] == pytest.approx(result.test_metrics["rmse"])
    children = project.runs(f"tags.mlflow.parentRunId = '{result.run_id}'")
    assert {child.data.params["learner"] for child in children} == {"linear_regression", "xgboost"}
    best = next(child for child in children if child.data.tags["candidate"] == str(result.winner.number))
    assert best.data.metrics["rmse"] == pytest.approx(result.winner.mean)
    assert {"rmse_fold_1", "rmse_fold_2", "rmse_spread", "r2"} <= set(best.data.metrics)
    pictures = {file.path for file in project.client.list_artifacts(result.run_id, "pictures")}
    assert pictures == {"pictures/residuals.png", "pictures/feature_importance.png"}
    files = {file.path for file in project.client.list_artifacts(result.run_id)}
    assert {"configuration.json", "roles.json", "training.json", "model", "search.html"} <= files


@pytest.mark.spark
def test_the_registered_model_predicts_the_label_in_its_own_unit(
    spark: SparkSession, trained: tuple[Project, Any]
) -> None:
    project, _ = trained
    registry = Registry(Tracking.of(project.config(), str(project.root)))
    challenger = registry.challenger()
    assert challenger is not None
    record = registry.record(challenger)
    model = registry.load(spark, challenger, str(project.root / "_tmp"))
    again = predict_example(spark, model, record.example, record.input_columns)
    assert check_reload(record.expected, again).passed
    assert record.features_version == 0
    assert set(record.input_columns) == {"size", "rooms", "place"}
    rows = spark.createDataFrame(
        [(3.0, None, "town"), (None, 1, "the moon")], "size double, rooms int, place string"
    )
    predicted = model.transform(rows)
    assert predicted.columns == ["size", "rooms", "place", "prediction"]
    assert all(math.isfinite(row["prediction"]) for row in predicted.collect())


@pytest.mark.spark
def test_the_same_rows_and_configuration_are_not_trained_again(
    spark: SparkSession, trained: tuple[Project, Any]
) -> None:
    project, result = trained
    before = len(project.runs())
    again = run(spark, project.config(), now=NOW)
    assert (again.verdict, again.changed, again.model_version) == ("nothing new", False, result.model_version)
    assert len(project.runs()) == before


class Heard(Silent):
    """Remembers what was said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.mark.spark
def test_a_killed_training_goes_on_in_its_run_and_a_killed_retraining_is_closed(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(spark, tmp_path)
    project.features()
    config = project.config(train={"folds": 2, "label_transform": "log1p", "learners": {"decision_tree": {}}})

    def killed(*_: object) -> None:
        raise SystemExit(9)

    def parents() -> list[str]:
        return sorted(item.info.status for item in project.runs("tags.fingerprint != ''"))

    with monkeypatch.context() as patch:
        patch.setattr(step, "refit", killed)
        with pytest.raises(SystemExit):
            run(spark, config, now=NOW)
    assert parents() == ["RUNNING"]
    trials = 2 * len(project.runs("tags.candidate != ''"))
    with monkeypatch.context() as patch:
        patch.setattr(search, "share_work", killed)  # no trial is done again
        heard = Heard()
        result = run(spark, config, now=NOW, progress=heard)
    going_on = f"train: going on with 'train 2026-01-02 03:04:05': {trials} trials are on record"
    assert going_on in heard.sentences
    assert {item.info.status for item in project.runs()} == {"FINISHED"}
    assert result.model_version == 1
    assert result.test_metrics["rmse"] < result.baseline_metrics["rmse"]

    with monkeypatch.context() as patch:
        patch.setattr(step, "refit", killed)
        with pytest.raises(SystemExit):
            run(spark, config, now=NOW, retrain=True)
    assert parents() == ["FINISHED", "RUNNING"]
    assert len(project.runs("tags.candidate != ''")) == trials
    assert run(spark, config, now=NOW).verdict == "nothing new"
    assert parents() == ["FINISHED", "KILLED"]

    with monkeypatch.context() as patch:
        patch.setattr(search, "share_work", killed)
        patch.setattr("pipeline.tracking.Run.finish", killed)  # right after the alias has moved
        with pytest.raises(SystemExit):
            run(spark, config, now=NOW, retrain=True)
    assert parents() == ["FINISHED", "RUNNING"]
    ended = run(spark, config, now=NOW, retrain=True)
    assert (ended.verdict, ended.model_version, parents()) == ("nothing new", 2, ["FINISHED", "FINISHED"])


@pytest.mark.spark
def test_when_nothing_succeeds_the_reasons_are_told_and_nothing_is_registered(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(spark, tmp_path)
    project.features()
    monkeypatch.setattr("pipeline.tuning.number_target.evaluate", lambda *_: {"model": {"rmse": math.nan}})
    config = project.config(train={"folds": 2, "learners": {"decision_tree": {"space": {"maxDepth": 2}}}})
    with pytest.raises(DataRefused, match=r"none of 1 candidates succeeded\.\n  #1 .*fold 1: rmse is nan"):
        run(spark, config, now=NOW)
    (parent,) = project.runs("tags.fingerprint != ''")
    assert parent.info.status == "FAILED"
    assert Registry(Tracking.of(config, str(tmp_path))).challenger() is None


@pytest.mark.spark
@pytest.mark.parametrize(
    ("select", "more", "error", "sentence"),
    [
        ("CAST(NULL AS DOUBLE) AS price", {}, DataRefused, "'price' has no value in any of 300 rows"),
        ("7.0 AS price", {}, DataRefused, "'price' is 7 in all 300 labelled rows"),
        ("place AS price", {}, ConfigError, "'price' is STRING; task regression predicts a number"),
        (
            "price",
            {"train": {"folds": 100, "learners": LEARNERS}},
            ConfigError,
            "fold . of 100 has no row|fold .. of 100",
        ),
    ],
)
def test_a_label_that_cannot_be_learned(
    spark: SparkSession,
    tmp_path: Path,
    select: str,
    more: dict[str, Any],
    error: type[Exception],
    sentence: str,
) -> None:
    project = Project(spark, tmp_path)
    rows = spark.range(300).selectExpr(
        "id", "IF(id % 2 = 0, 'a', 'b') AS place", "id * 1.5 AS price", "0 AS _batch_id"
    )
    frame = rows.selectExpr("id", "place", select, "_batch_id")
    commit = project.lake.append("features_t", frame, Txn("features/t", 1))
    entry = LedgerEntry("features", "t", 1, {}, {"features_t": commit.version}, "", NOW, NOW)
    Ledger(project.lake).append(entry)
    with pytest.raises(error, match=sentence):
        run(spark, project.config(**more), now=NOW)
    assert project.runs() == []


@pytest.mark.spark
def test_without_features_it_says_what_to_run(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"there is no table features_t yet\. Run `pipeline features` first"
    ):
        run(spark, Project(spark, tmp_path).config(), now=NOW)
