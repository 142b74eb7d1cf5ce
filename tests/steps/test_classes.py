"""Binary and multiclass from features to predictions: train, promote, score."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.lake import Lake, Ledger, LedgerEntry, Txn
from pipeline.steps.promote import step as promote_step
from pipeline.steps.score import step as score_step
from pipeline.steps.train import step as train_step
from pipeline.tracking import Registry, Tracking

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def published(spark: SparkSession, root: Path, label: str) -> Lake:
    lake = Lake(spark, str(root))
    rows = spark.range(240).selectExpr(
        "id",
        "CAST(id % 17 AS DOUBLE) AS size",
        "IF(id % 5 = 0, NULL, CAST(id % 3 AS INT)) AS rooms",
        "IF(id % 2 = 0, 'town', 'country') AS place",
        f"IF(id % 50 = 7, NULL, {label}) AS kind",
        "id AS _row_hash",
        "1L AS _batch_id",
    )
    commit = lake.append("features_t", rows, Txn("features/t", 1))
    tables = {"features_t": commit.version}
    Ledger(lake).append(LedgerEntry("features", "t", 1, {}, tables, "", NOW, NOW))
    return lake


def config(root: Path, task: str, learners: dict[str, Any], **more: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": task,
            "lake": {"root": str(root)},
            "sources": {"houses": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "kind"},
            "split": {"train": 0.6, "validation": 0.1, "test": 0.3},
            "train": {"folds": 2, "learners": learners, **more},
        }
    )


def all_steps(spark: SparkSession, settings: Config) -> tuple[Any, Any, Any]:
    trained = train_step.run(spark, settings, now=NOW)
    return trained, promote_step.run(spark, settings, now=NOW), score_step.run(spark, settings, now=NOW)


@pytest.mark.spark
def test_two_classes_said_yes_and_no(spark: SparkSession, tmp_path: Path) -> None:
    lake = published(spark, tmp_path, "IF(id % 17 > 11, 'Yes', 'No')")
    learners = {
        "decision_tree": {"params": {"maxDepth": 3}},
        "xgboost": {"params": {"n_estimators": 20, "early_stopping_rounds": 5}, "space": {"max_depth": [2]}},
    }
    settings = config(tmp_path, "binary", learners, imbalance="balanced")

    trained, promoted, scored = all_steps(spark, settings)

    assert trained.metric == "auc_roc"
    assert trained.warnings[0].startswith("'size' alone predicts 'kind' nearly perfectly")
    assert [row.failed for row in trained.leaderboard] == [None] * 2
    assert trained.test_metrics["auc_roc"] > 0.95 > trained.baseline_metrics["auc_roc"] == 0.5
    assert promoted.verdict == "promoted"
    rows = lake.read("predictions_t")
    assert dict(rows.dtypes)["prediction"] == "string"
    assert dict(rows.dtypes)["probability"] == "double"
    found = {row["id"]: row for row in rows.collect()}
    assert len(found) == scored.rows["inserted"] > 60
    assert all((row["prediction"] == "Yes") == (row["probability"] >= 0.5) for row in found.values())
    right = [row["prediction"] == ("Yes" if key % 17 > 11 else "No") for key, row in found.items()]
    assert sum(right) / len(right) > 0.9
    registry = Registry(Tracking.of(settings, str(tmp_path)))
    champion = registry.champion()
    assert champion is not None
    assert registry.record(champion).classes == ("No", "Yes")

    client, _ = registry.tracking.open()
    pictures = {file.path for file in client.list_artifacts(trained.run_id, "pictures")}
    drawn = ("confusion_matrix", "roc", "precision_recall", "calibration", "feature_importance")
    assert pictures == {f"pictures/{name}.png" for name in drawn}

    # A second training meets the champion on the same rows and is no better.
    tree = config(tmp_path, "binary", {"decision_tree": {"params": {"maxDepth": 3}}}, imbalance="balanced")
    again = train_step.run(spark, tree, now=NOW)
    refused = promote_step.run(spark, settings, now=NOW)
    assert (again.model_version, refused.verdict, refused.exit_code) == (2, "refused", 4)
    assert refused.champion_metrics["auc_roc"] == pytest.approx(trained.test_metrics["auc_roc"], abs=1e-9)


@pytest.mark.spark
def test_three_classes_that_are_numbers(spark: SparkSession, tmp_path: Path) -> None:
    lake = published(spark, tmp_path, "CASE WHEN id % 17 > 11 THEN 10 WHEN id % 17 > 5 THEN 5 ELSE 1 END")
    learners = {
        "logistic_regression": {
            "params": {"maxIter": 20, "elasticNetParam": 0.0},
            "space": {"regParam": [0.01]},
        },
        "random_forest": {"params": {"numTrees": 3, "maxDepth": 4}},
    }
    settings = config(tmp_path, "multiclass", learners)

    trained, promoted, scored = all_steps(spark, settings)

    assert (trained.metric, promoted.verdict) == ("log_loss", "promoted")
    assert trained.test_metrics["log_loss"] < trained.baseline_metrics["log_loss"]
    rows = lake.read("predictions_t")
    assert dict(rows.dtypes)["prediction"] == "int"
    assert dict(rows.dtypes)["probability"] == "map<string,double>"
    for row in rows.limit(20).collect():
        assert set(row["probability"]) == {"1", "5", "10"}
        assert sum(row["probability"].values()) == pytest.approx(1)
        assert str(row["prediction"]) == max(row["probability"], key=row["probability"].get)
    assert scored.changed
    assert not score_step.run(spark, settings, now=NOW).changed
