"""A project that is put back is read as it was, by the process that had read what came after."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake
from pipeline.tracking import Registry, Tracking
from tests.faults.model_chain import put_back
from tests.faults.shop import Shop, open_shop

pytestmark = pytest.mark.spark


def seen(spark: SparkSession, shop: Shop) -> tuple[int, int | None]:
    """How many rows a table has, and which version is the challenger."""
    tracking = Tracking(f"sqlite:///{shop.lake}/mlflow.db", "t", "t", f"file://{shop.lake}/mlartifacts")
    challenger = Registry(tracking).find("challenger")
    return Lake(spark, str(shop.lake)).read("numbers").count(), challenger and challenger.version


def test_a_project_that_is_put_back_is_read_as_it_was(
    spark: SparkSession, tmp_path: Path, empty_tracking_file: Path
) -> None:
    shop = open_shop(tmp_path / "shop", 1)
    shop.lake.mkdir()
    shutil.copyfile(empty_tracking_file, shop.lake / "mlflow.db")
    spark.range(2).write.format("delta").save(f"{shop.lake}/numbers")
    before = seen(spark, shop)
    shutil.copytree(shop.folder, tmp_path / "stored")
    spark.range(3).write.format("delta").mode("append").save(f"{shop.lake}/numbers")
    tracking = Tracking(f"sqlite:///{shop.lake}/mlflow.db", "t", "t", f"file://{shop.lake}/mlartifacts")
    run = tracking.open_run("train", tags={}, params={})
    version = Registry(tracking).register(run, f"file://{shop.lake}/mlartifacts/model", tags={})
    Registry(tracking).point("challenger", version)
    assert (before, seen(spark, shop)) == ((2, None), (5, 1))

    put_back(spark, tmp_path / "stored", shop)

    assert seen(spark, shop) == before
