"""The Python API as a notebook uses it: on a session that is there, beside an MLflow run of one's own."""

from __future__ import annotations

import importlib
import logging
import os
import random
import shutil
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import matplotlib as mpl
import mlflow
import numpy as np
import pytest

import pipeline
from pipeline.errors import ConfigError

pytestmark = pytest.mark.spark

DELTAS_OWN = "spark.databricks.delta.lastCommitVersionInSession"  # which Delta notes after each commit

YAML = """\
name: tiny
task: regression
sources:
  houses: {path: houses.csv, key: [id], rules: {price_positive: {check: price > 0}}}
features: {label: price}
train: {folds: 2, learners: {linear_regression: {space: {regParam: [0.01, 0.1]}}}}
"""


@pytest.fixture
def project(tmp_path, empty_tracking_file):
    """150 sales, of which three have a negative price; its tracking store is ready."""
    source = random.Random(1)
    rows = [(number, source.randint(40, 200), source.choice("ABC")) for number in range(150)]
    lines = [f"{n},{area},{town},{area * (-1000 if n % 50 == 9 else 1000)}" for n, area, town in rows]
    (tmp_path / "houses.csv").write_text("\n".join(["id,area,town,price", *lines]) + "\n")
    (tmp_path / "pipeline.yaml").write_text(YAML)
    (tmp_path / "lake").mkdir()
    shutil.copyfile(empty_tracking_file, tmp_path / "lake" / "mlflow.db")
    return pipeline.load(tmp_path / "pipeline.yaml", environ={})


def of_this_process(spark: Any) -> dict[str, Any]:
    """All that a notebook shares with what it calls."""
    for library in ("rich.style", "sklearn"):  # their very import draws a number, and sets variables
        importlib.import_module(library)
    loggers = {name: logging.getLogger(name) for name in (None, "mlflow", "py4j", "pyspark", "matplotlib")}
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "sys.path": list(sys.path),
        "hooks": (sys.excepthook, threading.excepthook, sys.stdout, sys.stderr),
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)],
        "random": {"Python": hash(random.getstate()), "numpy": hash(np.random.get_state()[1].tobytes())},
        "warnings": {"shown by": warnings.showwarning, **{str(rule): True for rule in warnings.filters}},
        "logging": {
            name: (found.level, list(found.handlers), found.propagate, found.disabled)
            for name, found in loggers.items()
        },
        "matplotlib": {"backend": mpl.get_backend(), **mpl.rcParams},
        "mlflow": (mlflow.get_tracking_uri(), mlflow.get_registry_uri(), mlflow.active_run().info.run_id),
        "spark settings": {key: value for key, value in spark.conf.getAll.items() if key != DELTAS_OWN},
        "spark views": sorted(row.tableName for row in spark.sql("SHOW TABLES").collect()),
        "spark database": spark.catalog.currentDatabase(),
        "spark session": spark.getActiveSession(),
        "kept frames": kept_frames(spark),
        "job description": spark.sparkContext.getLocalProperty("spark.job.description"),
    }


def kept_frames(spark: Any) -> list[str]:
    """What is kept on the executors, but for Delta's own memory of its tables."""
    kept = spark.sparkContext._jsc.getPersistentRDDs()
    names = [str(kept[number].name()) for number in kept]
    return sorted(name for name in names if not name.startswith("Delta Table State"))


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What differs, as (before, after)."""
    found = {}
    for name, value in before.items():
        now = after[name]
        if isinstance(value, dict):
            keys = [key for key in {**value, **now} if value.get(key) != now.get(key)]
            found |= {f"{name}: {key}": (value.get(key), now.get(key)) for key in keys}
        elif value != now:
            found[name] = (value, now)
    return found


@pytest.fixture
def own_run(tmp_path, empty_tracking_file):
    """An MLflow run of the notebook's own, in a store of its own."""
    before = mlflow.get_tracking_uri()
    shutil.copyfile(empty_tracking_file, tmp_path / "own.db")
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path / 'own.db'}")
    with mlflow.start_run() as run:
        yield run
    mlflow.set_tracking_uri(before)


def test_every_step_works_in_a_notebook_and_changes_nothing_of_its(spark, project, own_run):
    spark.range(1).createOrReplaceTempView("houses")  # a view of the notebook's, named as a source is
    before = of_this_process(spark)

    assert project.ingest(spark).rows["read"] == 150
    assert project.clean(spark).rows["quarantined"] == 3
    assert project.features(spark).rows["inserted"] == 147
    trained = project.train(spark)
    promoted = project.promote(spark)
    scored = project.score(spark)
    again = project.run(spark)
    status = project.status(spark)

    assert changes(before, of_this_process(spark)) == {}
    assert spark.table("houses").columns == ["id"]
    assert mlflow.get_run(own_run.info.run_id).data.metrics == {}

    assert (trained.winner.learner, trained.model_version) == ("linear_regression", 1)
    assert trained.test_metrics["r2"] > 0.99
    assert promoted.verdict == "promoted"
    assert again.verdict == "nothing new"
    assert again.of("train") is None
    assert scored.rows["inserted"] == project.predictions(spark).count()
    assert (status.champion.version, status.champion.learner) == (1, "linear_regression")
    read_what_is_there(project)


def read_what_is_there(project: Any) -> None:
    """The project finds the active session by itself, and what it gives are frames."""
    board = project.leaderboard()
    assert [row.learner for row in board.rows] == ["linear_regression", "linear_regression"]
    assert {table.name: table.rows for table in project.tables()}["silver_houses"] == 147
    assert project.table("silver_houses").where("price < 0").count() == 0
    assert sorted(row["id"] for row in project.quarantine().select("id").collect()) == ["109", "59", "9"]
    predictions = project.predictions()
    assert {"id", "prediction", "model_version"} <= set(predictions.columns)
    assert predictions.count() == len({row["id"] for row in predictions.select("id").collect()})
    with pytest.raises(ConfigError, match=r"no table 'silver_hauses' in .* Did you mean 'silver_houses'"):
        project.table("silver_hauses")
