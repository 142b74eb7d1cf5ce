from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake, Txn
from pipeline.usage import BOOKKEEPING, metered, note_cached
from pipeline.usage.scans import bytes_of, place_of


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("PreparedDeltaFileIndex(1 paths)[file:/a%20lake/silver_houses]", "silver_houses"),
        ("TahoeBatchFileIndex(1 paths)[file:/a%20lake/features_x]", "features_x"),
        ("PreparedDeltaFileIndex(1 paths)[file:/a%20lake/ledger]", "bookkeeping"),
        ("DeltaLogFileIndex(1 paths)[file:/a%20lake/silver_houses/_delta_log/0.json]", "bookkeeping"),
        ("InMemoryFileIndex(2 paths)[file:/a%20lake/_work/3f/boosting-0]", "work"),
        ("InMemoryFileIndex(2 paths)[file:/landing/1.csv, file:/landing/2.csv]", "sources"),
        ("PreparedDeltaFileIndex(1 paths)[file:/another lake/silver_houses]", "sources"),
    ],
)
def test_a_scan_is_told_by_where_its_files_are(location: str, place: str) -> None:
    assert place_of(f"FileScan parquet [id#1] Batched: true, Location: {location}, x", "/a lake") == place
    assert place_of(f"Location: {location}", "file:/a lake") == place


@pytest.mark.parametrize(
    ("shown", "size"),
    [
        ("512.0 B", 512),
        ("1,023.5 KiB", 1_048_064),
        ("3.0 MiB", 3 * 2**20),
        ("total (min, med, max (stageId: taskId))\n2.0 GiB (1.0 GiB, 1.0 GiB, 1.0 GiB (1: 2))", 2 * 2**30),
        ("", 0),
    ],
)
def test_sizes_are_read_as_spark_shows_them(shown: str, size: int) -> None:
    assert bytes_of(shown) == size


@pytest.mark.spark
def test_what_was_opened_cached_and_shuffled_is_counted(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lake(spark, str(tmp_path / "a lake"))
    lake.append("silver_houses", spark.range(5_000, numPartitions=1), Txn("test", 1))
    (file,) = (tmp_path / "a lake" / "silver_houses").glob("*.parquet")
    with metered(spark, lake.root) as meter:
        kept = lake.read("silver_houses").persist()
        kept.union(kept).groupBy("id").count().write.format("noop").mode("overwrite").save()
        note_cached()
        kept.unpersist()
        lake.read("silver_houses").where("id < 0").write.format("noop").mode("overwrite").save()
    used = meter.usage
    assert {**used.scans, BOOKKEEPING: 0} == {"silver_houses": 1, BOOKKEEPING: 0}
    assert used.read_bytes["silver_houses"] == pytest.approx(file.stat().st_size, rel=0.03)
    assert used.shuffled_bytes > 5_000
    assert used.cached_bytes > 5_000
