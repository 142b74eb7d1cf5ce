"""The whole examination on this machine: fine, and nothing is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.doctor.examine import examine
from pipeline.doctor.finding import Finding
from pipeline.doctor.quick import require_driver, require_executors
from pipeline.errors import ConfigError
from tests.doctor.made import config

NAMES = [
    *("java", "scala", "spark", "delta", "python", "packages"),
    *("slots", "dynamic allocation", "trial memory"),
    *("lake", "temporary folder", "tracking store", "model registry", "artifacts"),
    *("clocks", "disk"),
]


def found_in(spark: SparkSession, root: str, **train: object) -> dict[str, Finding]:
    made = config(**train)
    placed = made.model_copy(update={"lake": made.lake.model_copy(update={"root": root})})
    return {finding.name: finding for finding in examine(placed, lambda: spark, 2**20)}


@pytest.mark.spark
def test_this_machine_is_fine_and_nothing_is_left(spark: SparkSession, lake_root: str) -> None:
    killed = Path(lake_root, "_work", "of a doctor that was killed", "doctor")
    killed.mkdir(parents=True)
    (killed / "part-0.parquet").touch()

    found = found_in(spark, lake_root, local_memory="1m")

    assert [finding.sentence for finding in found.values() if finding.state != "fine"] == []
    assert list(found) == NAMES
    assert found["lake"].said == "executors wrote a Delta table of 2 files and read it again"
    assert found["slots"].said == "2 slots on this machine"
    assert [path.name for path in Path(lake_root).iterdir() if path.name != "mlartifacts"] == ["mlflow.db"]


@pytest.mark.spark
def test_a_lake_that_cannot_be_written_is_a_fault(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    found = found_in(spark, f"{tmp_path}/file/lake")

    assert found["lake"].state == "fault"
    assert found["lake"].said.startswith(f"lake.root: {tmp_path}/file/lake/_work/")
    assert found["temporary folder"].sentence == "Not looked at: the lake cannot be written."
    assert found["tracking store"].state == "fault"


@pytest.mark.spark
def test_a_run_begins_with_what_takes_milliseconds(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = spark.sparkContext._jsc.sc().statusStore().jobsList(None).size()
    require_driver(spark, config())
    require_executors(spark, config())
    assert spark.sparkContext._jsc.sc().statusStore().jobsList(None).size() == before

    monkeypatch.setattr("pipeline.doctor.packages.installed", lambda: ({}, ["optuna"]))
    with pytest.raises(ConfigError, match=r"^packages: On the driver optuna is missing\. Next: install this"):
        require_driver(spark, config())
