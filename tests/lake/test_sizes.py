from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake, Txn, sizes
from pipeline.lake.sizes import table_size

pytestmark = pytest.mark.spark


def test_a_tables_size_is_told_by_its_log_whoever_reads_it(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(spark, str(tmp_path / "a lake"))
    assert table_size(lake, "silver_houses") is None
    houses = spark.range(40).selectExpr("id", "id * 2 AS price").coalesce(1)
    lake.append("silver_houses", houses, Txn("test", 1))
    lake.merge("silver_houses", houses.where("id < 3"), Txn("test", 2), key=["id"])
    lake.append("silver_houses", houses.where("id > 35"), Txn("test", 3))

    found = table_size(lake, "silver_houses")
    assert found is not None
    uris = lake.read("silver_houses").inputFiles()
    live = [Path(uri.removeprefix("file:").replace("%20", " ")) for uri in uris]
    assert (found.version, found.files, found.rows) == (2, len(live), 44)
    assert found.bytes == sum(file.stat().st_size for file in live)
    assert found.schema == lake.read("silver_houses").schema
    first = table_size(lake, "silver_houses", 0)
    assert first is not None
    assert (first.version, first.files, first.rows) == (0, 1, 40)

    monkeypatch.setattr(sizes, "_MOST_COMMITS", 0)  # as of a table with a long log
    assert table_size(lake, "silver_houses") == found
    assert table_size(lake, "silver_houses", 0) == first
