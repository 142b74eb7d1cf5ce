"""Small projects on disk, the installed command as a subprocess, and what it left, read without Spark."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspark
import pytest
from pyspark.sql import SparkSession

import pipeline
from pipeline.jars import ensure_jars
from pipeline.session import DELTA
from tests.short_lives import INTERPRETED, JAVA

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).with_name("pipeline")
PATIENCE = 500.0  # seconds for one command, on a machine that does other things too

CONF = "\n".join(
    f'    {key}: "{value}"' for key, value in {**INTERPRETED, "spark.driver.extraJavaOptions": JAVA}.items()
)
YAML = """\
name: tiny
task: regression
spark:
  conf:
    spark.master: local[2]
    spark.driver.memory: 1g
    spark.sql.shuffle.partitions: "2"
{conf}
sources:
  houses:
    path: landing/*.csv
    key: [id]
    rules:
      price_positive: {check: price > 0}
features: {label: price}
train:
  folds: 2
  learners:
    linear_regression: {space: {regParam: [0.01, 0.1]}}
    xgboost: {params: {n_estimators: 10}, space: {max_depth: [2, 3]}}
score:
  columns: [price]
"""


@dataclass(frozen=True)
class Ended:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        """The JSON objects on stdout, by step."""
        return {step["step"]: step for step in map(json.loads, self.out.splitlines())}


# What spark-submit sets stays set, so a submission of three hundred rows has to say itself that it is small.
TINY = {
    "spark.driver.extraJavaOptions": JAVA,
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.ui.enabled": "false",
}


@dataclass(frozen=True)
class Site:
    """A project in a folder of its own."""

    folder: Path

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def land(self, name: str, first: int, rows: int) -> None:
        """Let a file of made-up sales arrive: one row in fifty has a negative price."""
        source = random.Random(first)
        lines = ["id,area,rooms,town,price"]
        for number in range(first, first + rows):
            area, count, town = source.randint(40, 200), source.randint(1, 6), source.choice("ABC")
            price = area * 1000 + count * 5000 + (20_000 if town == "A" else 0) + source.randint(-5000, 5000)
            lines.append(f"{number},{area},{count},{town},{-price if number % 50 == 9 else price}")
        (self.folder / "landing" / name).write_text("\n".join(lines) + "\n")

    def call(self, *words: str) -> Ended:
        """Run the installed command here and wait for its end."""
        return finished(self.start(str(PROGRAM), *words))

    def submission(self, job: str, *words: str) -> subprocess.Popen[str]:
        """Start a job by spark-submit, as on a cluster: Delta comes with the submission."""
        home = Path(pyspark.__file__).parent
        options = ["--master", "local[2]", "--jars", ",".join(map(str, ensure_jars()))]
        for key, value in {**DELTA, **TINY}.items():
            options += ["--conf", f"{key}={value}"]
        environ = {**os.environ, "SPARK_HOME": str(home), "PYSPARK_PYTHON": sys.executable}
        environ |= {"PYTHONPATH": str(ROOT), "SPARK_LOCAL_IP": "127.0.0.1"}
        return self.start(
            str(home / "bin" / "spark-submit"), *options, str(ROOT / "jobs" / job), *words, env=environ
        )

    def start(self, *words: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a program here, in a process group of its own."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            words, cwd=self.folder, env=env, stdout=pipe, stderr=pipe, text=True, start_new_session=True
        )

    def kill_when(self, is_time: Callable[[], object], process: subprocess.Popen[str]) -> None:
        """Kill a process that was started here, with its JVM, as soon as the condition holds."""
        # Somebody has to read what it says: a full pipe would stop it before its moment.
        reading = threading.Thread(target=process.communicate)
        reading.start()
        try:
            wait_until(is_time, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            reading.join()

    def interrupt_when(self, is_time: Callable[[], bool], *words: str) -> Ended:
        """Run the installed command and press Ctrl-C once, as soon as the condition holds."""
        process = self.start(str(PROGRAM), *words)
        wait_until(is_time, process)
        os.killpg(process.pid, signal.SIGINT)
        return finished(process)

    def has_version(self, table: str, version: int) -> bool:
        """Whether a commit of a table is there."""
        return (self.lake / table / "_delta_log" / f"{version:020}.json").exists()

    def versions(self) -> dict[str, int]:
        """The newest Delta version of each table, from the names of its log."""
        logs = self.lake.glob("*/_delta_log")
        return {
            log.parent.name: max(int(file.stem) for file in log.glob("*.json") if file.stem.isdigit())
            for log in logs
        }

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask MLflow's own database; nothing while it does not exist."""
        file = self.lake / "mlflow.db"
        if not file.exists():
            return []
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(statement).fetchall()

    def registry(self) -> dict[str, Any]:
        """All runs with their status, all versions, and where the aliases point."""
        return {
            "runs": self.query("SELECT run_uuid, status FROM runs ORDER BY run_uuid"),
            "versions": self.query("SELECT name, version FROM model_versions ORDER BY version"),
            "aliases": self.query("SELECT alias, version FROM registered_model_aliases ORDER BY alias"),
        }


def finished(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process; on the way out nothing of its group is left behind."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.returncode, out, err)


def wait_until(is_time: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for a moment in a process's life; fail when it ends before."""
    give_up_at = time.monotonic() + PATIENCE
    while not is_time():
        if process.poll() is not None:
            pytest.fail(f"it ended with {process.returncode} before the moment came")
        assert time.monotonic() < give_up_at, "the moment never came"
        time.sleep(0.02)


def build(folder: Path) -> Site:
    """A project with one file of 300 sales, in a folder whose name has a space."""
    site = Site(folder / "a site")
    (site.folder / "landing").mkdir(parents=True)
    (site.folder / "pipeline.yaml").write_text(YAML.replace("{conf}", CONF))
    site.land("first.csv", 0, 300)
    return site


@pytest.fixture(scope="session", autouse=True)
def installed() -> None:
    if not PROGRAM.exists():
        pytest.fail(f"{PROGRAM} is missing: install the package, as `make test` does")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


@dataclass(frozen=True)
class Done:
    """A project after an uninterrupted first run: what that run said and what the tables held."""

    site: Site
    first: Ended
    tables: dict[str, Any]


@pytest.fixture(scope="session")
def tables(spark: SparkSession) -> Callable[[Site], dict[str, Any]]:
    """What the tables of a project hold, apart from when and in which file it came."""

    def read(site: Site) -> dict[str, Any]:
        project = pipeline.load(site.folder / "pipeline.yaml", environ={})

        def rows(table: str, *columns: str) -> list[tuple[Any, ...]]:
            return sorted(tuple(row) for row in project.table(table, spark).selectExpr(*columns).collect())

        return {
            "bronze": rows("bronze_houses", "id", "price", "_batch_id"),
            "silver": rows("silver_houses", "id", "area", "rooms", "town", "price"),
            "quarantine": rows("quarantine_houses", "id", "_errors[0].rule"),
            "features": rows("features_tiny", "id", "area", "rooms", "town", "price", "_batch_id"),
            "predictions": rows("predictions_tiny", "id", "round(prediction, 3)", "model_version"),
            "ledger": rows("ledger", "step", "name", "batch_id", "to_json(rows)"),
        }

    return read


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory, tables: Callable[[Site], dict[str, Any]]) -> Done:
    """One uninterrupted run, which the others are compared with."""
    site = build(tmp_path_factory.mktemp("done"))
    first = site.call("run", "--json")
    assert first.code == 0, first.err
    return Done(site, first, tables(site))
