"""A training that is split by time, and the rows that promote and score find again by its record."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.lake.writes import Txn
from pipeline.steps.promote.rows import held_out
from pipeline.steps.score.transforms import is_to_score
from pipeline.steps.train.step import run
from pipeline.tracking import Registry, Tracking

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.mark.spark
def test_what_the_record_says_finds_the_same_rows_later(spark: SparkSession, lake_root: str) -> None:
    config = Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "lake": {"root": lake_root},
            "sources": {"houses": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "price", "event_time": "sold_on"},
            "split": {"by": "time"},
            "train": {"folds": 2, "learners": {"linear_regression": {"space": {"regParam": 0.01}}}},
        }
    )
    rows = spark.range(200).selectExpr(
        "id",
        "date_add(DATE'2013-01-01', CAST(id * 37 % 200 AS INT)) AS sold_on",  # a day each, in no order
        "CAST(id % 17 AS DOUBLE) AS size",
        "IF(id % 50 = 7, NULL, 5.0 * (id % 17) + id % 3) AS price",
        "id AS _row_hash",
        "1L AS _batch_id",
    )
    commit = Lake(spark, lake_root).append("features_t", rows, Txn("features/t", 1))
    tables = {"features_t": commit.version}
    Ledger(Lake(spark, lake_root)).append(LedgerEntry("features", "t", 1, {}, tables, "", NOW, NOW))
    result = run(spark, config, now=NOW)
    assert result.rows == {"train": 136, "validation": 29, "test": 31, "unlabelled": 4}
    assert [role.kind for role in result.roles if role.column == "sold_on"] == ["excluded"]
    registry = Registry(Tracking.of(config, lake_root))
    challenger = registry.challenger()
    assert challenger is not None
    record = registry.record(challenger)
    assert record.split["cuts"]["test"] == "2013-06-19"
    later = rows.union(
        spark.sql(
            "SELECT 900L, DATE'2014-01-01', 1D, 5.0, 0L, 2L UNION ALL SELECT 901L, NULL, 1D, 5.0, 0L, 2L"
        )
    )
    found = {
        name: kept.agg(F.count("*"), F.min("sold_on").cast("string"), F.max("id")).first()
        for name, kept in (
            ("judged", held_out(later, record)),  # never the row without a time
            ("scored", later.where(is_to_score(record, "new", None))),
        )
    }
    assert {name: tuple(row) for name, row in found.items()} == {
        "judged": (31 + 1, "2013-06-19", 900),
        "scored": (31 + 4 + 2, "2013-01-10", 901),
    }
