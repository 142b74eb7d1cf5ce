from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipeline.config.model import Config
from pipeline.tracking import ColumnRole, Tracking, TrainingRecord, Winner


@pytest.fixture
def config() -> Config:
    return Config.model_validate(
        {
            "name": "houses",
            "task": "regression",
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
        }
    )


@pytest.fixture
def tracking(config: Config, lake_root: str) -> Tracking:
    return Tracking.of(config, lake_root)


@pytest.fixture
def record() -> TrainingRecord:
    return TrainingRecord(
        name="houses",
        task="regression",
        key=("id", "year"),
        label="price",
        label_type="double",
        label_transform="log1p",
        classes=(),
        features_table="features_houses",
        features_version=3,
        features_batch=2,
        input_columns={"area": "double"},
        roles={"area": ColumnRole("numeric", "DOUBLE"), "id": ColumnRole("key", "names the row")},
        split={"by": "hash", "train": 0.7, "validation": 0.15, "test": 0.15, "salt": ""},
        metric="rmse",
        winner=Winner("xgboost", {"max_depth": 3}),
        cv_metrics={"rmse": 1.5},
        test_metrics={"rmse": 1.25},
        baseline_metrics={"rmse": 8.0},
        example=({"area": 10.5}, {"area": None}),
        expected=({"prediction": 100.25}, {"prediction": 7.0}),
        fingerprint="abc",
        code_version="0.1.0",
        trained_at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc),
        rows={"train": 7, "test": 2},
    )
