from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.tuning.work_area import WorkArea

pytestmark = pytest.mark.spark


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("_work/*"))


def test_frames_are_kept_in_files_until_dropped(spark: SparkSession, tmp_path: Path) -> None:
    root = tmp_path / "a {lake} [1]"
    area = WorkArea(spark, str(root))
    assert not root.exists()  # nothing before the first frame
    kept = area.keep("fold-0", spark.range(5).repartition(3))
    assert sorted(row["id"] for row in kept.collect()) == [0, 1, 2, 3, 4]
    assert kept.dtypes == [("id", "bigint")]
    area.drop("fold-0")
    assert not (Path(area.path) / "fold-0").exists()
    area.close()
    area.close()
    assert not (root / "_work").exists()


def test_what_a_dead_search_left_is_removed_and_a_living_one_is_left_alone(
    spark: SparkSession, tmp_path: Path
) -> None:
    dead = tmp_path / "_work" / "0123456789ab" / "fold-0"
    dead.mkdir(parents=True)
    (dead / "part-0.parquet").write_bytes(b"half a file")
    living, own = WorkArea(spark, str(tmp_path)), WorkArea(spark, str(tmp_path))
    try:
        kept = living.keep("fold-0", spark.range(2))
        assert names(tmp_path) == [Path(living.path).name]
        own.keep("fold-0", spark.range(1))
        assert names(tmp_path) == sorted([Path(living.path).name, Path(own.path).name])
        assert kept.count() == 2
    finally:
        own.close()
        assert names(tmp_path) == [Path(living.path).name]
        living.close()
