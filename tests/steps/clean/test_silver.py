"""Bringing rows into silver: what a batch reads of it, and what it counts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructType

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.lake import Lake, Txn
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.input import REFRESH, BatchInput
from pipeline.steps.clean.silver import Layout, find_cluster, write_silver
from tests.scans import scans_of
from tests.small_project import NOON

SILVER = "silver_houses"
_COLUMNS = StructType().add("id", LongType()).add("town", StringType()).add("price", DoubleType())
CONTRACT = Contract(_COLUMNS, ("id",))
UNKEYED = Contract(_COLUMNS)


def winners(spark: SparkSession, batch: int, *ids: int, price: float = 1.0) -> DataFrame:
    """Rows as clean has them before they go to silver; the hash of a row without a key is its id."""
    rows = spark.createDataFrame([(f"h{one}", one, "Ames", price, "a.csv", batch) for one in ids], _SCHEMA)
    return rows.withColumn("_ingested_at", F.lit(NOON + timedelta(hours=batch)))


_SCHEMA = "_key STRING, id BIGINT, town STRING, price DOUBLE, _source_file STRING, _batch_id BIGINT"


def write(
    lake: Lake, layout: Layout, batch: int, rows: DataFrame, step: str = "clean"
) -> tuple[int, int, int]:
    """One batch, as (inserted, updated, older)."""
    given = BatchInput(step, batch, None, 0, {})
    rows = rows if not layout.contract.key else rows.drop("_key")
    commit, older = write_silver(lake, "houses", layout, given, rows.coalesce(1), lake.version(SILVER))
    return commit.inserted, commit.updated, older


@pytest.mark.spark
def test_the_tenth_batch_reads_no_more_than_the_second(spark: SparkSession, tmp_path: Path) -> None:
    lake, layout = Lake(spark, str(tmp_path)), Layout(CONTRACT, "_ingested_at")
    write(lake, layout, 1, winners(spark, 1, *range(10)))
    read = {}
    for batch in range(2, 11):
        # Ten new rows, and one of the batch before in a later state.
        rows = winners(spark, batch, *range(10 * batch - 11, 10 * batch))
        if batch in (2, 10):
            with scans_of(spark, lake.path(SILVER)) as scans:
                assert write(lake, layout, batch, rows) == (10, 1, 0)
            read[batch] = scans.files
        else:
            lake.append(SILVER, rows.drop("_key").coalesce(1), Txn("clean/houses", batch))

    assert 0 < read[10] <= 1.2 * read[2]


@pytest.mark.spark
def test_a_batch_beside_all_others_reads_nothing(spark: SparkSession, tmp_path: Path) -> None:
    lake, layout = Lake(spark, str(tmp_path)), Layout(CONTRACT, "_ingested_at", ("id",))
    write(lake, layout, 1, winners(spark, 1, 1, 2, 3))

    with scans_of(spark, lake.path(SILVER)) as scans:
        assert write(lake, layout, 2, winners(spark, 2, 4, 5)) == (2, 0, 0)
    assert scans.files == 0
    assert write(lake, layout, 2, winners(spark, 2, 4, 5)) == (2, 0, 0)  # the same again
    assert write(lake, layout, 3, winners(spark, 3)) == (0, 0, 0)
    assert lake.read(SILVER).count() == 5


@pytest.mark.spark
def test_older_rows_are_counted_where_they_may_be(spark: SparkSession, tmp_path: Path) -> None:
    lake, layout = Lake(spark, str(tmp_path)), Layout(CONTRACT, "price")
    write(lake, layout, 1, winners(spark, 1, 1, 2, 3, price=5.0))
    late = winners(spark, 2, 2, price=4.0).unionAll(winners(spark, 2, 3, price=6.0))

    assert write(lake, layout, 2, late.unionAll(winners(spark, 2, 9))) == (1, 1, 1)
    assert write(lake, layout, 3, winners(spark, 3, 7, 8), REFRESH) == (2, 0, 0)
    assert [tuple(row) for row in lake.read(SILVER).orderBy("id").select("id", "price").collect()] == [
        (7, 1.0),
        (8, 1.0),
    ]


@pytest.mark.spark
def test_a_row_without_a_key_stays_as_it_came_first(spark: SparkSession, tmp_path: Path) -> None:
    lake, layout = Lake(spark, str(tmp_path)), Layout(UNKEYED, "_ingested_at", ("id",))
    for batch in (1, 2, 3):
        write(lake, layout, batch, winners(spark, batch, batch * 10, batch * 10 + 1))

    with scans_of(spark, lake.path(SILVER)) as scans:
        assert write(lake, layout, 4, winners(spark, 4, 31, 32)) == (1, 0, 1)

    # Of three files one may hold the rows; it is looked at once to count and once to merge, never rewritten.
    assert scans.files == 2
    rows = lake.read(SILVER).where("id > 30").orderBy("id").select("_key", "_batch_id").collect()
    assert [tuple(row) for row in rows] == [("h31", 3), ("h32", 4)]


def test_cluster_columns_are_spelled_as_in_silver() -> None:
    source = Source.model_validate({"path": "a.csv", "cluster_by": ["TOWN", "id"]})

    assert find_cluster("houses", source, UNKEYED) == ("town", "id")


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("twon", "names 'twon', which houses does not have. Did you mean 'town'? Columns: id, town, price."),
        (
            "price",
            "names 'price', which is DOUBLE. Give columns of whole numbers, decimals, texts, or moments.",
        ),
    ],
)
def test_a_column_that_bounds_nothing_is_refused(column: str, sentence: str) -> None:
    source = Source.model_validate({"path": "a.csv", "cluster_by": [column]})

    with pytest.raises(ConfigError) as refused:
        find_cluster("houses", source, UNKEYED)
    assert str(refused.value).partition("cluster_by' ")[2] == sentence
