from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake import Lake, Ledger, LedgerEntry, Txn
from pipeline.shown import SOURCE, Table, show_leaderboard, show_quarantine, show_table, tables
from pipeline.status import status
from pipeline.work import Work

pytestmark = pytest.mark.spark

NOW = datetime(2011, 1, 31, tzinfo=timezone.utc)


@pytest.fixture
def work(spark, tmp_path):
    """A project with two sources; silver_houses has a half-done batch behind the published version."""
    config = Config.model_validate(
        {
            "name": "tiny",
            "task": "regression",
            "lake": {"root": str(tmp_path / "lake")},
            "sources": {"houses": {"path": "h.csv"}, "towns": {"path": "t.csv"}},
            "features": {"label": "price", "query": "SELECT 1", "key": ["id"]},
        }
    )
    return Work(spark, config, NOW)


@pytest.fixture
def lake(work):
    made: Lake = work.lake
    spark = work.spark
    made.append("silver_houses", spark.sql("SELECT 1 AS id, 2.5 AS price, array('a') AS list"), Txn("t", 1))
    made.append("silver_houses", spark.sql("SELECT 2 AS id, 7.5 AS price, array('b') AS list"), Txn("t", 2))
    entry = LedgerEntry("clean", "houses", 1, {"read": 1}, {"silver_houses": 0}, "f", NOW, NOW)
    Ledger(made).append(entry)
    return made


def finish(lake, step, batch, table):
    """Write the ledger row of a batch that made the first version of a table."""
    source = table.partition("_")[2]
    Ledger(lake).append(LedgerEntry(step, source, batch, {"read": 1}, {table: 0}, "f", NOW, NOW))


def test_a_table_is_shown_as_published_with_json_values(work, lake):
    shown = show_table(work, "silver_houses", 10)
    assert (shown.table, shown.version, shown.total) == ("silver_houses", 0, 1)
    assert shown.columns == ("id", "price", "list")
    assert shown.rows == ({"id": 1, "price": 2.5, "list": ["a"]},)


def test_the_newest_rows_come_first_and_no_more_than_asked_for(work, lake):
    rows = work.spark.sql("SELECT id AS _batch_id, concat('row ', id) AS text FROM range(5)")
    lake.append("bronze_houses", rows, Txn("t", 1))
    with pytest.raises(ConfigError, match="There is no table 'bronze_houses'"):
        show_table(work, "bronze_houses", 2)  # no batch of it is finished
    finish(lake, "ingest", 1, "bronze_houses")
    shown = show_table(work, "bronze_houses", 2)
    assert [row["text"] for row in shown.rows] == ["row 4", "row 3"]
    assert shown.total == 5


def test_predictions_are_the_projects_own_table(work, lake):
    lake.append(
        "predictions_tiny", work.spark.sql("SELECT 1 AS id, double('NaN') AS prediction"), Txn("t", 1)
    )
    shown = show_table(work, "predictions", 1)
    assert (shown.table, shown.rows) == ("predictions_tiny", ({"id": 1, "prediction": "NaN"},))


def test_quarantine_is_that_of_all_sources(work, lake):
    for name, key in (("houses", "id"), ("towns", "town")):
        bad = f"SELECT '7' AS {key}, array(struct('r' AS rule, 'no' AS message)) AS _errors, 1 AS _batch_id"
        lake.append(f"quarantine_{name}", work.spark.sql(bad), Txn("t", 1))
        finish(lake, "clean", 2, f"quarantine_{name}")
    shown = show_quarantine(work, 5)
    assert [row[SOURCE] for row in shown.rows] == ["houses", "towns"]
    assert (shown.total, shown.columns) == (2, (SOURCE, "id", "_errors", "_batch_id", "town"))


def test_what_is_not_there_is_told_with_what_is(work, lake):
    also = "Tables there: ledger, silver_houses. Also: tables, predictions, quarantine, ledger, leaderboard."
    with pytest.raises(ConfigError) as refused:
        show_table(work, "silver_house", 1)
    assert str(refused.value) == (
        f"There is no table 'silver_house' in {lake.root}. Did you mean 'silver_houses'? {also}"
    )
    with pytest.raises(ConfigError) as refused:
        show_quarantine(work, 1)
    assert str(refused.value) == f"There is no table 'quarantine' in {lake.root}. {also}"
    with pytest.raises(ConfigError, match="There is no training of tiny yet"):
        show_leaderboard(work.config)


def test_an_empty_lake_says_what_to_run(work):
    with pytest.raises(ConfigError, match=r"has no tables yet\. Run `pipeline run` first\."):
        show_table(work, "silver_houses", 1)


def test_status_counts_published_rows_and_writes_nothing(work, lake, tmp_path):
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.json"))
    found = status(work)
    assert found.tables == (
        Table("ledger", 0, 1, "rows read, kept and left out, batch by batch"),
        Table("silver_houses", 0, 1, "houses typed and checked, one row per key"),
    )
    assert tables(work) == found.tables
    assert (found.champion, found.runs) == (None, ())
    assert [entry.step for entry in found.due if entry.is_due][3:] == ["train", "promote", "score"]
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.json")) == before
    assert not (tmp_path / "lake" / "mlflow.db").exists()
