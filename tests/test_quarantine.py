from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake import Ledger, LedgerEntry, Txn
from pipeline.quarantine import Choice, Fault, Faults, list_faults, show_rows
from pipeline.work import Work

pytestmark = pytest.mark.spark

NOW = datetime(2011, 1, 31, tzinfo=timezone.utc)


@pytest.fixture
def work(spark, tmp_path):
    """Two sources; of `houses` three bad rows are published, and one of a batch that is half done is not."""
    config = Config.model_validate(
        {
            "name": "tiny",
            "task": "regression",
            "lake": {"root": str(tmp_path / "lake")},
            "sources": {"houses": {"path": "h.csv"}, "towns": {"path": "t.csv"}},
            "features": {"label": "price", "query": "SELECT 1", "key": ["id"]},
        }
    )
    work = Work(spark, config, NOW)
    schema = "id INT, _batch_id BIGINT, _errors ARRAY<STRUCT<rule: STRING, column: STRING, message: STRING>>"
    cheap, old = ("cheap", "price", "price = 1"), ("old", "built", "built = 1066")
    rows = [(1, 1, [cheap]), (2, 1, [cheap, old]), (3, 2, [("type", "price", "'x' is no DOUBLE")])]
    table = "quarantine_houses"
    work.lake.append(table, spark.createDataFrame(rows, schema).coalesce(1), Txn("t", 1))
    work.lake.append(table, spark.createDataFrame([(4, 3, [cheap])], schema), Txn("t", 2))
    Ledger(work.lake).append(LedgerEntry("clean", "houses", 2, {"read": 3}, {table: 0}, "f", NOW, NOW))
    return work


def test_faults_are_counted_by_batch_and_rule_and_rows_chosen_by_them(work):
    assert list_faults(work, None, Choice(), 20) == Faults(
        3,
        (
            Fault("houses", 2, "type", "price", 1, "'x' is no DOUBLE"),
            Fault("houses", 1, "cheap", "price", 2, "price = 1"),
            Fault("houses", 1, "old", "built", 1, "built = 1066"),
        ),
    )
    assert list_faults(work, "houses", Choice(1, "old"), 20) == Faults(
        1, (Fault("houses", 1, "old", "built", 1, "built = 1066"),)
    )
    assert len(list_faults(work, None, Choice(), 1).faults) == 1

    shown = show_rows(work, None, Choice(rule="old"), 20)
    assert (shown.total, [row["id"] for row in shown.rows]) == (1, [2])
    assert [row["id"] for row in show_rows(work, "houses", Choice(batch=2), 20).rows] == [3]

    assert list_faults(work, "towns", Choice(), 20) == Faults(0, ())
    assert show_rows(work, "towns", Choice(), 20).total == 0
    with pytest.raises(
        ConfigError, match=r"--source is 'town'\. Did you mean 'towns'\? Sources: houses, towns"
    ):
        show_rows(work, "town", Choice(), 20)
