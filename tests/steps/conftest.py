"""A small project with features and models, for the steps that come after training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import SQLTransformer
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.lake import Lake, Ledger, LedgerEntry, Txn
from pipeline.tracking import ModelVersion, Registry, Tracking, TrainingRecord, Winner

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
FEATURES = "features_houses"
SCHEMA = "id INT, area DOUBLE, price DOUBLE"


class World:
    """Houses with id, area and price; a model predicts by a SQL formula over the area."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.root = root
        self.lake = Lake(spark, root)
        self.ledger = Ledger(self.lake)
        self.registry = Registry(Tracking.of(self.config(), root))

    def config(self, **sections: Any) -> Config:
        """The project's configuration with some sections of its own."""
        values = {
            "name": "houses",
            "task": "regression",
            "lake": {"root": self.root},
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
            "split": {"train": 0.4, "validation": 0.1, "test": 0.5},
        }
        return Config.model_validate({**values, **sections})

    def publish(self, batch: int, rows: Sequence[tuple[Any, ...]], schema: str = SCHEMA) -> int:
        """Bring or change rows of the features table, as one batch of the features step."""
        frame = self.spark.createDataFrame(list(rows), schema).selectExpr("*", f"{batch}L AS _batch_id")
        commit = self.lake.merge(FEATURES, frame.coalesce(1), Txn("features/houses", batch), key=["id"])
        tables = {FEATURES: commit.version}
        self.ledger.append(LedgerEntry("features", "houses", batch, {}, tables, "", NOW, NOW))
        return commit.version

    def train(
        self,
        formula: str,
        *,
        test: Mapping[str, float] | None = None,
        baseline: Mapping[str, float] | None = None,
        **changed: Any,
    ) -> ModelVersion:
        """Register a challenger that predicts `formula`, trained on the features as they are published."""
        features = self.ledger.last("features", "houses")
        assert features is not None
        example = ({"area": 10.0}, {"area": None})
        record = TrainingRecord(
            name="houses",
            task="regression",
            key=("id",),
            label="price",
            label_type="double",
            label_transform="none",
            classes=(),
            features_table=FEATURES,
            features_version=features.tables[FEATURES],
            features_batch=features.batch_id,
            input_columns={"area": "double"},
            roles={},
            split=self.config().split.model_dump(mode="json"),
            metric="rmse",
            winner=Winner("formula", {}),
            cv_metrics={},
            test_metrics=test or {"rmse": 1.0, "r2": 0.9},
            baseline_metrics=baseline or {"rmse": 50.0, "r2": 0.0},
            example=example,
            expected=tuple(
                {"prediction": self.spark.sql(f"SELECT CAST({formula} AS DOUBLE) FROM {row}").collect()[0][0]}
                for row in ("VALUES (10D) AS t(area)", "VALUES (CAST(NULL AS DOUBLE)) AS t(area)")
            ),
            fingerprint="abc",
            code_version="0",
            trained_at=NOW,
            rows={},
        )
        record = replace(record, **changed)
        statement = f"SELECT *, CAST({formula} AS DOUBLE) AS prediction FROM __THIS__"
        model = PipelineModel([SQLTransformer(statement=statement)])
        run = self.registry.tracking.open_run("train", tags={}, params={})
        run.log_text(record.to_json(), "training.json")
        uri = run.log_model(
            self.spark,
            model,
            example=record.example,
            columns=record.input_columns,
            outputs=record.outputs,
            tmp_dir=f"{self.root}/_tmp",
        )
        run.finish()
        version = self.registry.register(run, uri, {})
        self.registry.point("challenger", version)
        found = self.registry.get(version)
        assert found is not None
        return found

    def versions(self) -> dict[str, int | None]:
        """The newest version of every table."""
        return {name: self.lake.version(name) for name in self.lake.tables()}


@pytest.fixture
def world(spark: SparkSession, lake_root: str) -> World:
    return World(spark, lake_root)


@pytest.fixture
def split_ids(spark: SparkSession) -> Callable[[Config, str], set[int]]:
    """Which of the ids 1 to 40 are in a split."""

    def ids(config: Config, name: str) -> set[int]:
        from pipeline.tuning.folds import split_of

        rows = spark.range(1, 41).selectExpr("CAST(id AS INT) AS id")
        return {row["id"] for row in rows.where(split_of(("id",), config.split) == name).collect()}

    return ids
