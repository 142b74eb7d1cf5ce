from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.errors import DataRefused, PipelineError
from pipeline.lake import Commit, Lake, Txn
from tests.scans import queries_of

pytestmark = pytest.mark.spark


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, str(tmp_path / "a lake"))


def rows_of(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in frame.collect())


def houses(lake: Lake, *rows: tuple[object, ...], schema: str = "id INT, price INT") -> DataFrame:
    return lake.spark.createDataFrame(list(rows), schema).coalesce(1)


def test_append_lands_rows_once(lake: Lake) -> None:
    first = lake.append("bronze_houses", houses(lake, (1, 10), (2, 20)), Txn("ingest/houses", 1))
    again = lake.append("bronze_houses", houses(lake, (1, 10), (2, 20)), Txn("ingest/houses", 1))

    assert first == again == Commit(version=0, inserted=2, updated=0, deleted=0)
    assert rows_of(lake.read("bronze_houses")) == [(1, 10), (2, 20)]


def test_append_of_the_next_batch_adds_and_widens(lake: Lake) -> None:
    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))
    wide = houses(lake, (2, 20, "x"), schema="id INT, price INT, note STRING")

    commit = lake.append("bronze_houses", wide, Txn("ingest/houses", 2))

    assert commit == Commit(version=1, inserted=1, updated=0, deleted=0)
    assert rows_of(lake.read("bronze_houses")) == [(1, 10, None), (2, 20, "x")]


def test_notes_are_all_kept_and_ask_nothing_of_the_tables_log(lake: Lake) -> None:
    lake.note("runs", houses(lake, (1, 10)))
    lake.append("ledger", houses(lake, (1, 10)), Txn("clean/houses", 1))
    with queries_of(lake.spark) as noted:
        lake.note("runs", houses(lake, (1, 10)))
    with queries_of(lake.spark) as named:
        lake.append("ledger", houses(lake, (2, 20)), Txn("clean/houses", 2))

    assert rows_of(lake.read("runs")) == [(1, 10), (1, 10)]
    assert noted.count < named.count


def test_merge_creates_then_updates_and_inserts(lake: Lake) -> None:
    created = lake.merge("silver_houses", houses(lake, (1, 10), (2, 20)), Txn("clean/houses", 1), key=["id"])
    news = houses(lake, (2, 21), (None, 30))
    merged = lake.merge("silver_houses", news, Txn("clean/houses", 2), key=["id"])
    null_again = lake.merge("silver_houses", houses(lake, (None, 31)), Txn("clean/houses", 3), key=["id"])

    assert created == Commit(version=0, inserted=2, updated=0, deleted=0)
    assert merged == Commit(version=1, inserted=1, updated=1, deleted=0)
    assert null_again == Commit(version=2, inserted=0, updated=1, deleted=0)
    assert rows_of(lake.read("silver_houses").fillna(0)) == [(0, 31), (1, 10), (2, 21)]


def test_merge_replayed_counts_what_it_did_the_first_time(lake: Lake) -> None:
    lake.merge("silver_houses", houses(lake, (1, 10)), Txn("clean/houses", 1), key=["id"])
    first = lake.merge("silver_houses", houses(lake, (1, 11), (2, 20)), Txn("clean/houses", 2), key=["id"])
    lake.merge("silver_houses", houses(lake, (3, 30)), Txn("clean/houses", 3), key=["id"])

    again = lake.merge("silver_houses", houses(lake, (1, 99), (4, 40)), Txn("clean/houses", 2), key=["id"])

    assert again == first == Commit(version=1, inserted=1, updated=1, deleted=0)
    assert lake.version("silver_houses") == 2
    assert rows_of(lake.read("silver_houses")) == [(1, 11), (2, 20), (3, 30)]


def test_merge_updates_only_when_asked_and_deletes_what_is_missing(lake: Lake) -> None:
    lake.merge("silver_houses", houses(lake, (1, 10), (2, 20), (3, 30)), Txn("clean/houses", 1), key=["id"])

    commit = lake.merge(
        "silver_houses",
        houses(lake, (1, 9), (2, 21)),
        Txn("clean/houses", 2),
        key=["id"],
        update_when="new.price > old.price",
        delete_missing=True,
    )

    assert commit == Commit(version=1, inserted=0, updated=1, deleted=1)
    assert rows_of(lake.read("silver_houses")) == [(1, 10), (2, 21)]


def test_merge_with_nothing_to_do_still_has_a_commit_to_count_by(lake: Lake) -> None:
    lake.merge("silver_houses", houses(lake, (1, 10)), Txn("clean/houses", 1), key=["id"])

    commit = lake.merge("silver_houses", houses(lake), Txn("clean/houses", 2), key=["id"])

    assert commit == Commit(version=1, inserted=0, updated=0, deleted=0)
    assert rows_of(lake.read("silver_houses")) == [(1, 10)]


def test_merge_leaves_no_transaction_behind_even_when_it_fails(lake: Lake) -> None:
    lake.merge("silver_houses", houses(lake, (1, 10)), Txn("clean/houses", 1), key=["id"])

    rows = houses(lake, (1, 11))
    with pytest.raises(
        PipelineError, match=r"silver_houses \(clean/houses/2\): Delta refused the write: .*no_such"
    ):
        lake.merge(
            "silver_houses", rows, Txn("clean/houses", 2), key=["id"], update_when="new.no_such_column"
        )

    for setting in ("write.txnAppId", "write.txnVersion", "commitInfo.userMetadata"):
        assert lake.spark.conf.get(f"spark.databricks.delta.{setting}", None) is None
    assert lake.version("silver_houses") == 0


def test_replace_takes_the_new_rows_and_columns_once(lake: Lake) -> None:
    lake.replace("features_houses", houses(lake, (1, 10), (2, 20)), Txn("features/houses", 1), stats=["id"])
    narrow = houses(lake, ("x",), schema="name STRING")

    first = lake.replace("features_houses", narrow, Txn("features/houses", 2), stats=["name"])
    again = lake.replace("features_houses", narrow, Txn("features/houses", 2), stats=["name"])

    # Around the write, at version 2, the columns that have statistics change with the others.
    assert first == again == Commit(version=2, inserted=1, updated=0, deleted=0)
    assert lake.version("features_houses") == 3
    assert lake.read("features_houses").columns == ["name"]
    assert rows_of(lake.read("features_houses", 0)) == [(1, 10), (2, 20)]


def test_merge_reads_only_the_part_that_can_match(lake: Lake) -> None:
    rows = houses(lake, (1, 10), (2, 20))
    lake.merge("silver_houses", rows, Txn("clean/houses", 1), key=["id"], partition_by=["price"])
    assert lake.files.folders(lake.path("silver_houses")) == ["_delta_log", "price=10", "price=20"]

    commit = lake.merge(
        "silver_houses", rows, Txn("clean/houses", 2), key=["id", "price"], prune="old.price = 10"
    )

    assert commit == Commit(version=1, inserted=1, updated=1, deleted=0)
    assert rows_of(lake.read("silver_houses")) == [(1, 10), (2, 20), (2, 20)]


def test_read_at_a_version(lake: Lake) -> None:
    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))
    lake.append("bronze_houses", houses(lake, (2, 20)), Txn("ingest/houses", 2))

    assert rows_of(lake.read("bronze_houses", version=0)) == [(1, 10)]
    assert rows_of(lake.read("bronze_houses")) == [(1, 10), (2, 20)]


def test_read_of_a_missing_table_lists_what_is_there(lake: Lake) -> None:
    with pytest.raises(DataRefused, match=r"no table silver_cars in .*a lake\. Tables there: none yet\."):
        lake.read("silver_cars")

    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))
    (Path(lake.root) / "models").mkdir()

    with pytest.raises(DataRefused, match=r"Tables there: bronze_houses\."):
        lake.read("silver_cars")


def test_version_and_exists(lake: Lake) -> None:
    assert lake.version("bronze_houses") is None
    assert not lake.exists("bronze_houses")

    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))

    assert lake.version("bronze_houses") == 0
    assert lake.exists("bronze_houses")


@pytest.mark.parametrize("name", ["../outside", "a/b", "", "Houses", "_lease", "a" * 101, "x\n"])
def test_a_table_cannot_leave_the_root(lake: Lake, name: str) -> None:
    with pytest.raises(PipelineError, match="is not a table name"):
        lake.path(name)


def test_stats_are_kept_only_for_the_columns_named(lake: Lake) -> None:
    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1), stats=["price"])
    lake.append("bronze_cars", houses(lake, (1, 10)), Txn("ingest/cars", 1), stats=[])

    def properties(table: str) -> dict[str, str]:
        shown = lake.spark.sql(f"SHOW TBLPROPERTIES delta.`{lake.path(table)}`").collect()
        return {row["key"]: row["value"] for row in shown}

    assert properties("bronze_houses")["delta.dataSkippingStatsColumns"] == "`price`"
    assert properties("bronze_cars")["delta.dataSkippingNumIndexedCols"] == "0"


def test_a_write_whose_commit_is_unknown_cannot_be_counted(lake: Lake) -> None:
    lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))

    with pytest.raises(PipelineError, match=r"bronze_houses: the write ingest/houses/9 was done before, but"):
        lake.commit_of("bronze_houses", Txn("ingest/houses", 9))


def test_any_column_name_can_be_kept(lake: Lake) -> None:
    spaced = houses(lake, (1, 10), schema="id INT, `Sale Price (USD)` INT")
    lake.append("bronze_houses", spaced, Txn("ingest/houses", 1), stats=["Sale Price (USD)"])
    lake.append("bronze_cars", houses(lake, (1, 10)), Txn("ingest/cars", 1))

    lake.append("bronze_cars", spaced, Txn("ingest/cars", 2))
    lake.merge("bronze_houses", spaced, Txn("ingest/houses", 2), key=["Sale Price (USD)"])

    assert lake.read("bronze_houses").columns == ["id", "Sale Price (USD)"]
    assert rows_of(lake.read("bronze_cars").fillna(0)) == [(1, 0, 10), (1, 10, 0)]
