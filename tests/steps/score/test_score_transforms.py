from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any, Literal

import pytest
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.steps.score.transforms import is_changed, is_to_score
from pipeline.tracking import TrainingRecord, Winner

pytestmark = pytest.mark.spark


@pytest.fixture
def record(world: Any) -> TrainingRecord:
    """Of a model that was trained on the batches up to 2."""
    return TrainingRecord(
        name="houses",
        task="regression",
        key=("id",),
        label="price",
        label_type="double",
        label_transform="none",
        classes=(),
        features_table="features_houses",
        features_version=1,
        features_batch=2,
        input_columns={},
        roles={},
        split=world.config().split.model_dump(mode="json"),
        metric="rmse",
        winner=Winner("formula", {}),
        cv_metrics={},
        test_metrics={},
        baseline_metrics={},
        example=(),
        expected=(),
        fingerprint="",
        code_version="",
        trained_at=datetime(2026, 1, 2, tzinfo=timezone.utc),
        rows={},
    )


@pytest.mark.parametrize(
    ("wanted", "scored_to", "expected"),
    [
        ("new", None, {"held out", "unlabelled", "of batch 3", "unlabelled of batch 3"}),
        ("new", 2, {"of batch 3", "unlabelled of batch 3"}),
        ("new", 3, set()),
        ("unlabelled", None, {"unlabelled", "unlabelled of batch 3"}),
        ("unlabelled", 2, {"unlabelled of batch 3"}),
        ("all", None, {"fitted", "held out", "unlabelled", "of batch 3", "unlabelled of batch 3"}),
        ("all", 2, {"of batch 3", "unlabelled of batch 3"}),
    ],
)
def test_which_rows_are_to_be_scored(
    spark: SparkSession,
    world: Any,
    record: TrainingRecord,
    split_ids: Callable[[Config, str], set[int]],
    wanted: Literal["new", "unlabelled", "all"],
    scored_to: int | None,
    expected: set[str],
) -> None:
    fitted = min(split_ids(world.config(), "train"))
    held_out = min(split_ids(world.config(), "test"))
    rows = spark.createDataFrame(
        [
            ("fitted", fitted, 1.0, 2),
            ("held out", held_out, 1.0, 2),
            ("unlabelled", fitted, None, 1),
            ("of batch 3", fitted, 1.0, 3),
            ("unlabelled of batch 3", fitted, None, 3),
        ],
        "name STRING, id INT, price DOUBLE, _batch_id BIGINT",
    )

    found = rows.where(is_to_score(record, wanted, scored_to)).collect()

    assert {row["name"] for row in found} == expected


def _flat(condition: str) -> str:
    return (
        condition.replace("old.`", "`old_")
        .replace("new.`", "`new_")
        .replace("old.", "old_")
        .replace("new.", "new_")
    )


def test_probabilities_by_class_are_compared(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT 'a' AS old_prediction, 'a' AS new_prediction, map('a', 0.5D) AS old_probability, "
        "map('a', share) AS new_probability FROM VALUES (0.5D), (0.6D) AS t(share)"
    )
    condition = is_changed((), {"prediction": "string", "probability": "map<string,double>"})

    assert [row[0] for row in rows.selectExpr(_flat(condition)).collect()] == [False, True]


def test_a_prediction_that_says_the_same_is_not_changed(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT * FROM VALUES (1, 1D, 1, 1D), (1, 1D, 1, 2D), (NULL, NULL, NULL, NULL), (NULL, 1D, 1, 1D) "
        "AS t(old_id, old_prediction, new_id, new_prediction)"
    )
    condition = is_changed(("id",), {"prediction": "double"})

    found = [row[0] for row in rows.selectExpr(_flat(condition)).collect()]

    assert found == [False, True, False, True]
