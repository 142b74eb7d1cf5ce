"""The lake's promises where a catalog keeps the tables: Spark's own, in memory while the session lives."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.config.model import LakeSection
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Commit, Lake, Txn
from pipeline.lake.metastore import TablesByName

pytestmark = pytest.mark.spark

_numbers = itertools.count()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Iterator[Lake]:
    """A lake in a schema of its own, which lies in a folder with a blank."""
    schema = f"ml_{next(_numbers)}"
    spark.sql(f"CREATE SCHEMA {schema} LOCATION '{(tmp_path / 'a schema').as_uri()}'")
    yield Lake(spark, TablesByName(spark, "spark_catalog", schema))
    spark.sql(f"DROP SCHEMA {schema} CASCADE")


def rows_of(frame: DataFrame) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in frame.collect())


def houses(lake: Lake, *rows: tuple[object, ...], schema: str = "id INT, price INT") -> DataFrame:
    return lake.spark.createDataFrame(list(rows), schema).coalesce(1)


def test_rows_are_appended_once_and_read_at_a_version(lake: Lake) -> None:
    wide = houses(lake, (2, 20, "x"), schema="id INT, price INT, `a note` STRING")
    first = lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1), stats=["price"])
    again = lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1), stats=["price"])
    lake.append("bronze_houses", wide, Txn("ingest/houses", 2))

    assert first == again == Commit(version=1, inserted=1, updated=0, deleted=0)
    assert rows_of(lake.read("bronze_houses", first.version)) == [(1, 10)]
    assert rows_of(lake.read("bronze_houses").fillna("")) == [(1, 10, ""), (2, 20, "x")]
    assert lake.tables() == ["bronze_houses"]
    assert rows_of(lake.spark.sql(f"SELECT id FROM {lake.sql_name('bronze_houses')}")) == [(1,), (2,)]


def test_a_merge_that_is_replayed_has_no_second_effect(lake: Lake) -> None:
    lake.merge(
        "silver_houses", houses(lake, (1, 10)), Txn("clean/houses", 1), key=["id"], partition_by=["price"]
    )
    first = lake.merge("silver_houses", houses(lake, (1, 11), (2, 20)), Txn("clean/houses", 2), key=["id"])

    again = lake.merge("silver_houses", houses(lake, (1, 99), (4, 40)), Txn("clean/houses", 2), key=["id"])

    assert again == first == Commit(version=2, inserted=1, updated=1, deleted=0)
    assert rows_of(lake.read("silver_houses")) == [(1, 11), (2, 20)]
    assert "price=20" in lake.files.folders(lake.path("silver_houses"))


def test_a_table_and_a_part_of_it_are_replaced_once(lake: Lake) -> None:
    rows = houses(lake, (1, 10), (2, 20))
    lake.replace("features_houses", rows, Txn("features/houses", 1), stats=["id"])
    part = lake.replace_part(
        "features_houses", houses(lake, (3, 20)), Txn("features/houses", 2), "price = 20"
    )
    again = lake.replace_part(
        "features_houses", houses(lake, (4, 20)), Txn("features/houses", 2), "price = 20"
    )
    kept = rows_of(lake.read("features_houses"))
    narrow = houses(lake, ("x",), schema="name STRING")
    lake.replace("features_houses", narrow, Txn("features/houses", 3), stats=["name"])
    lake.replace("features_houses", narrow, Txn("features/houses", 3), stats=["name"])

    assert part == again
    assert kept == [(1, 10), (3, 20)]
    assert rows_of(lake.read("features_houses")) == [("x",)]
    told = lake.spark.sql(f"SHOW TBLPROPERTIES {lake.sql_name('features_houses')}").collect()
    assert dict(map(tuple, told))["delta.dataSkippingStatsColumns"] == "`name`"


def test_a_part_is_replaced_by_rows_of_the_table_itself(lake: Lake) -> None:
    lake.append("quarantine_houses", houses(lake, (1, 10), (2, 20), (3, 20)), Txn("clean/houses", 1))

    kept = lake.read("quarantine_houses").where("price = 20 AND id = 2")
    commit = lake.replace_part("quarantine_houses", kept, Txn("replay/houses", 1), "price = 20")

    assert rows_of(lake.read("quarantine_houses")) == [(1, 10), (2, 20)]
    assert commit.version == 2


def test_a_table_whose_driver_was_killed_before_it_had_a_name_gets_one(lake: Lake) -> None:
    """Delta's first commit and the catalog's entry are two writes."""
    left = f"{lake.root}/bronze_houses"
    begun = houses(lake, (1, 10)).write.format("delta").option("txnAppId", "ingest/houses")
    begun.option("txnVersion", 1).option("userMetadata", "ingest/houses/1").save(left)
    assert not lake.exists("bronze_houses")

    commit = lake.append("bronze_houses", houses(lake, (1, 10)), Txn("ingest/houses", 1))

    assert commit == Commit(version=0, inserted=1, updated=0, deleted=0)
    assert rows_of(lake.read("bronze_houses")) == [(1, 10)]


def test_looking_creates_no_schema(spark: SparkSession) -> None:
    lake = Lake(spark, TablesByName(spark, "spark_catalog", "nobody"))

    assert (lake.tables(), lake.version("silver_houses")) == ([], None)
    with pytest.raises(
        DataRefused, match=r"no table silver_cars in spark_catalog\.nobody\. Tables there: none yet\."
    ):
        lake.read("silver_cars")
    assert not spark.catalog.databaseExists("nobody")


def test_a_catalog_in_memory_is_refused(spark: SparkSession) -> None:
    section = LakeSection.model_validate({"catalog": "spark_catalog", "schema": "ml"})
    with pytest.raises(ConfigError, match=r"spark_catalog, which this Spark keeps in memory and forgets"):
        Lake.of(spark, section)


def test_an_unknown_catalog_is_named(spark: SparkSession) -> None:
    with pytest.raises(
        ConfigError, match=r"^lake\.catalog: the schema nowhere\.ml cannot be used: .*Next: see"
    ):
        assert Lake(spark, TablesByName(spark, "nowhere", "ml")).root
