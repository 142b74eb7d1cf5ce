"""One Spark session for all tests of a process: small, local, with Delta, and gone afterwards."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline import session
from tests.short_lives import INTERPRETED, JAVA

TEST_CONF = {
    **INTERPRETED,
    "spark.driver.extraJavaOptions": JAVA,
    "spark.master": "local[2]",
    "spark.driver.memory": "2g",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.ansi.enabled": "true",
}


# A worker of pytest-xdist has a main module without a file, and pyspark takes such a process for its own
# doctests: importing pyspark.ml.connect, as MLflow does, would end it (pyspark 4.2.0).
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of long tests first: what begins last is what a worker is alone with at the end."""
    ranks: dict[Path, int] = {}
    for item in items:
        costs = [cost for cost, mark in enumerate(("e2e", "slow", "spark")) if item.get_closest_marker(mark)]
        ranks[item.path] = min(ranks.get(item.path, 9), *costs, 3)
    items.sort(key=lambda item: ranks[item.path])


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """A session of this test process alone; under pytest-xdist every worker has its own JVM."""
    log_file = tmp_path_factory.mktemp("spark") / "spark.log"
    yield session.get_session("tests", TEST_CONF, log_file=log_file)
    session.stop()


@pytest.fixture(scope="session")
def empty_tracking_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's tables without a row, made once: its migrations take seconds."""
    from pipeline.tracking import sqlite

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    sqlite.prepare(f"{sqlite.PREFIX}{path}")
    return path


@pytest.fixture
def lake_root(tmp_path: Path, empty_tracking_file: Path) -> str:
    """The root of an empty lake whose tracking store is ready; its path has a space."""
    root = tmp_path / "a lake"
    root.mkdir()
    shutil.copyfile(empty_tracking_file, root / "mlflow.db")
    return str(root)
