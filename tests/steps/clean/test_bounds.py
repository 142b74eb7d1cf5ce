"""The ranges of a batch, and the files that Delta leaves out by them."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import DateType, DecimalType, LongType, ShortType, StringType, TimestampType

from pipeline.lake import Lake, Txn
from pipeline.steps.clean.bounds import Range, later_than, ranges, within

pytestmark = pytest.mark.spark

COLUMNS = ("whole", "small", "amount", "name", "day", "moment")
MARCH = datetime(2024, 3, 1, 12, 0, 0, 250, tzinfo=timezone.utc)
MAY = datetime(2024, 5, 1, tzinfo=timezone.utc)


def rows_of(spark: SparkSession, *texts: str):
    values = ", ".join(f"({text})" for text in texts)
    return spark.sql(f"SELECT * FROM VALUES {values} AS t({', '.join(COLUMNS)})")


def row(number: int, month: str) -> str:
    return (
        f"{number}L, {number}S, {number}.5BD, 'o''{number}', DATE '{month}-01', "
        f"TIMESTAMP '{month}-01 12:00:00.000250Z'"
    )


def test_a_column_has_its_smallest_and_largest_value(spark: SparkSession) -> None:
    rows = rows_of(
        spark, row(3, "2024-03"), "NULL, 1S, 4.5BD, 'x', DATE '2024-05-01', TIMESTAMP '2024-05-01 00:00:00Z'"
    )
    price = rows.withColumn("price", rows["whole"].cast("double"))

    assert ranges(price, [*COLUMNS, "price", "day"]) == (
        Range("whole", LongType(), 3, 3, True),
        Range("small", ShortType(), 1, 3, False),
        Range("amount", DecimalType(2, 1), Decimal("3.5"), Decimal("4.5"), False),
        Range("name", StringType(), "o'3", "x", False),
        Range("day", DateType(), date(2024, 3, 1), date(2024, 5, 1), False),
        Range("moment", TimestampType(), MARCH, MAY, False),
    )
    assert ranges(price.limit(0), COLUMNS) is None


def test_what_python_cannot_hold_has_no_end(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT repeat('z', 300) AS name, make_date(20000, 1, 1) AS day, CAST(NULL AS BIGINT) AS whole"
    )

    assert ranges(rows, ["name", "day", "whole"]) == (
        Range("name", StringType(), "z" * 200, None, False),
        Range("day", DateType(), None, None, False),
        Range("whole", LongType(), None, None, True),
    )


def test_files_beside_the_range_are_left_out(spark: SparkSession, tmp_path) -> None:
    lake = Lake(spark, str(tmp_path))
    for batch, month in enumerate(("2024-01", "2024-02", "2024-03"), start=1):
        rows = rows_of(spark, row(batch, month)).coalesce(1)
        lake.append("silver_houses", rows, Txn("clean/houses", batch), stats=COLUMNS)
    silver = lake.read("silver_houses").alias("old")
    second = rows_of(spark, row(2, "2024-02"))

    def kept(condition) -> int:
        return len(silver.where(condition).inputFiles())

    found = ranges(second, COLUMNS)
    assert found is not None
    assert {one.column: kept(within([one], "old")) for one in found} == dict.fromkeys(COLUMNS, 1)
    later = {name: kept(later_than(found, [name], "old")) for name in COLUMNS}
    # Delta knows the moments in a file to a thousandth of a second.
    assert later == {**dict.fromkeys(COLUMNS, 1), "moment": 2}
    assert kept(later_than(found, ["day", "whole"], "old")) == 1
    missing = ranges(rows_of(spark, "CAST(NULL AS BIGINT), 9S, 9.5BD, 'x', NULL, NULL"), ["whole"])
    assert missing is not None
    assert (kept(within(missing, "old")), later_than(missing, ["whole"], "old")) == (3, None)
