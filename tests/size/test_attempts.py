"""A task that fails once, and one that a speculative copy overtakes, change no row and no count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline.lake import Lake, Ledger
from tests.cluster.standalone import standalone

ROWS = 400
YAML = """\
name: tiny
task: regression
sources:
  houses:
    path: landing/*.csv
    key: [id]
    rules: {price_positive: {check: price > 0}}
    transform: trouble:stumble
    transform_settings: {marks: "%s"}
features: {label: price}
"""
TROUBLE = '''\
"""Two tasks: the first attempt of one fails, that of the other takes too long."""
import time
from pathlib import Path


def stumble(rows, settings):
    marks = settings["marks"]

    def task(batches):
        from pyspark import TaskContext

        context = TaskContext.get()
        place, attempt = context.partitionId(), context.attemptNumber()
        found = list(batches)
        if marks:
            Path(marks, f"{place}-{attempt}").touch()
            if attempt == 0 and place == 0:
                raise RuntimeError("the first attempt fails")
            if attempt == 0:
                time.sleep(120)
        yield from found

    return rows.repartition(2, "id").mapInArrow(task, rows.schema)
'''
SPECULATIVE = {
    "spark.speculation": "true",
    "spark.speculation.interval": "100ms",
    "spark.speculation.multiplier": "1.1",
    "spark.speculation.quantile": "0.5",
    "spark.speculation.minTaskRuntime": "500ms",
}


def write_site(folder: Path, marks: Path | None) -> Path:
    (folder / "landing").mkdir(parents=True)
    for part in range(2):
        numbers = range(part * ROWS // 2, (part + 1) * ROWS // 2)
        lines = [
            f"{number},{number % 50 + 40},{-1 if number % 40 == 9 else number * 7}" for number in numbers
        ]
        (folder / "landing" / f"{part}.csv").write_text("\n".join(["id,area,price", *lines]) + "\n")
    (folder / "trouble.py").write_text(TROUBLE)
    file = folder / "pipeline.yaml"
    file.write_text(YAML % ("" if marks is None else marks))
    return file


def rows_of(spark: SparkSession, root: Path) -> dict[str, object]:
    """A hash of the rows of each table, and what the ledger counted."""
    lake = Lake(spark, str(root))
    found: dict[str, object] = {}
    for table in ("bronze_houses", "silver_houses", "quarantine_houses", "features_tiny"):
        rows = lake.read(table).drop("_source_file", "_ingested_at")
        hashes = rows.select(F.xxhash64(F.to_json(F.struct("*"))).cast("decimal(38,0)").alias("hash"))
        found[table] = tuple(hashes.agg(F.count("hash"), F.sum("hash")).first() or ())
    for step, name in (("ingest", "houses"), ("clean", "houses"), ("features", "tiny")):
        entry = Ledger(lake).last(step, name)
        found[step] = None if entry is None else dict(entry.rows)
    return found


@pytest.mark.cluster
@pytest.mark.slow
def test_retried_and_speculative_tasks_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    troubled, plain = write_site(tmp_path / "troubled", marks), write_site(tmp_path / "plain", None)
    with standalone(tmp_path / "cluster") as cluster:
        words = ("-c", str(troubled), "--to", "features", "--json")
        ended = cluster.submit("run.py", *words, conf=SPECULATIVE)
    assert ended.code == 0, ended.err[-3000:]
    verdicts = [json.loads(line)["verdict"] for line in ended.out.splitlines() if line.startswith("{")]
    assert verdicts[:3] == ["done", "done", "done"]

    from pipeline.project import Project

    Project.load([plain]).run(spark, last="features")
    assert {"0-0", "0-1", "1-0", "1-1"} <= {mark.name for mark in marks.iterdir()}
    assert rows_of(spark, troubled.parent / "lake") == rows_of(spark, plain.parent / "lake")
