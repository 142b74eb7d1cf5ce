"""One distributed trial on two executors, one of which dies meanwhile; run by `test_barrier`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline import session
from pipeline.config.model import Config
from pipeline.learners.boosting import distributed
from pipeline.preprocessing.roles import Role, Roles
from pipeline.progress import SILENT
from pipeline.tuning.find_target import find_target
from pipeline.tuning.rows import SPLIT, with_splits
from pipeline.tuning.search import Search
from pipeline.tuning.strategies import strategy_of

ROLES = Roles((Role("size", "numeric", ""), Role("age", "numeric", "")))


def config(root: Path) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "lake": {"root": str(root / "lake")},
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            "split": {"train": 0.8, "validation": 0.1, "test": 0.1},
            "train": {
                "folds": 0,
                "placement": "distributed",
                "learners": {"xgboost": {"params": {"n_estimators": 800}, "space": {"max_depth": [4]}}},
            },
        }
    )


def executors(spark: SparkSession) -> list[int]:
    """The processes of this application's executors, by their command lines."""
    application = spark.sparkContext.applicationId
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text()
        except OSError:
            continue
        if "CoarseGrainedExecutorBackend" in command and application in command:
            found.append(int(folder.name))
    return sorted(found)


def kill_one(spark: SparkSession, checked: threading.Event, killed: list[int]) -> None:
    """Kill an executor once the rows have been checked and both tasks of the fit have run for a while."""
    checked.wait()
    tracker, before = spark.sparkContext.statusTracker(), set[int]()
    while not killed:
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
        running = {stage.stageId for stage in stages if stage is not None and stage.numActiveTasks == 2}
        if before & running:
            victim = executors(spark)[0]
            os.kill(victim, signal.SIGKILL)
            killed.append(victim)
        before = running
        time.sleep(0.5)


def main(root: Path) -> None:
    spark = session.get_session(
        "barrier",
        {"spark.master": "local-cluster[2,1,1024]", "spark.sql.shuffle.partitions": "2"},
        log_file=root / "spark.log",
    )
    table = spark.range(600).select(
        "id",
        (F.col("id") % 37).cast("double").alias("size"),
        (F.col("id") * 7919 % 101).cast("double").alias("age"),
        (F.col("id") % 37 * 3 + F.col("id") * 104729 % 13).cast("double").alias("y"),
    )
    settings = config(root)
    rows = with_splits(table, settings, ROLES.inputs)
    target = find_target(rows, table.schema["y"].dataType, settings)
    fitted = target.encode(rows).where(F.col(SPLIT) != "test").persist()
    checked, killed = threading.Event(), list[int]()
    validate = distributed.validate_frame

    def validate_and_tell(*given: Any) -> None:
        validate(*given)
        checked.set()

    distributed.validate_frame = validate_and_tell
    threading.Thread(target=kill_one, args=(spark, checked, killed), daemon=True).start()
    strategy = strategy_of(settings, target.counts.fitted)
    with SILENT.task("search") as task:
        (standing,) = Search(spark, fitted, target, ROLES, settings).run(strategy, task)
    (trial,) = standing.trials
    found = {
        "killed": len(killed),
        "placement": trial.placement,
        "failed": trial.failed,
        "rows": target.counts.splits["train"],
        "work area": sorted(path.name for path in (root / "lake").glob("_work/*")),
    }
    session.stop()
    print(json.dumps(found))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
