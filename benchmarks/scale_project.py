"""One project of the flights of 2013, so many times with shifted years, from raw files to predictions.

    python -m benchmarks.scale_project FOLDER TIMES [FLIGHTS]

prints one JSON object: what each step took, and the driver's heap behind it once garbage is collected.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import pipeline
from benchmarks.flights_files import write_years
from benchmarks.results import machine
from benchmarks.spark_usage import measured
from examples.flights.prepare import write_registers
from pipeline.due import STEPS
from pipeline.project import Project

HEAP = "2g"
CONFIGURATION = """
name: flights
task: binary
lake: {{root: {home}/lake}}
spark:
  conf: {{spark.driver.memory: {heap}}}
sources:
  flights:
    path: {files}/years/*.csv
    nulls: ["", "NA"]
    types: {{flight: BIGINT, dep_delay: DOUBLE, arr_delay: DOUBLE}}
    key: [carrier, flight, time_hour]
    max_quarantined: 0.05
    rules:
      scheduled: {{check: time_hour IS NOT NULL AND minute BETWEEN 0 AND 59}}
      plausible: {{check: dep_delay > -180}}
  planes:
    path: {files}/planes.csv
    nulls: ["", "NA"]
    key: [tailnum]
features:
  query: |
    SELECT
      flights.carrier, flights.flight, flights.time_hour, flights.origin, flights.dest, flights.distance,
      flights.month, 60 * flights.hour + flights.minute AS minute_of_day, planes.year AS plane_built,
      planes.seats, planes.manufacturer, flights.arr_delay > 15 AS late
    FROM flights
    LEFT JOIN planes ON planes.tailnum = flights.tailnum
  key: [carrier, flight, time_hour]
  label: late
train:
  metric: auc_roc
  folds: 3
  learners:
    logistic_regression: {{space: {{regParam: [0.001, 0.01]}}}}
    xgboost: {{params: {{n_estimators: 100}}, space: {{max_depth: [4, 6]}}}}
promote:
  thresholds: {{auc_roc: {{min: 0.5}}}}
"""


def write_project(home: Path, files: Path, times: int, most: int | None = None) -> Path:
    """The files, unless they are there, and the configuration over them; `most` flights of each year."""
    if not files.exists():
        write_years(files / "years", times, most)
        write_registers(files)
    home.mkdir(parents=True, exist_ok=True)
    file = home / "pipeline.yaml"
    file.write_text(CONFIGURATION.format(home=home, files=files, heap=HEAP))
    return file


def hashes(spark: SparkSession, lake: Path) -> dict[str, str]:
    """Rows and a hash of each table that people read; the same for the same rows in whatever order."""
    tables = ("silver_flights", "quarantine_flights", "features_flights", "predictions_flights")
    return {table: _digest(spark.read.format("delta").load(str(lake / table))) for table in tables}


def _digest(rows: DataFrame) -> str:
    """Without what says when and where: a prediction is the same with the same first nine digits."""
    columns = []
    for field in rows.schema.fields:
        if field.name.startswith("_") or field.name in ("run_id", "scored_at", "input_version"):
            continue
        is_double = field.dataType.simpleString() == "double"
        columns.append(F.round(field.name, 9) if is_double else F.col(field.name).cast("string"))
    found = rows.select(F.xxhash64(*columns).cast("decimal(38,0)").alias("hash"))
    count, total = found.agg(F.count("hash"), F.sum("hash")).first() or (0, 0)
    return f"{count:,} rows, {int(total or 0) % 2**32:08x}"


def main() -> None:
    """Every step of one project, measured."""
    home, times, *most = Path(sys.argv[1]), *map(int, sys.argv[2:])
    project = pipeline.load(write_project(home, home / "files", times, *most))
    with project:
        spark = project.spark()
        steps = {step: _measured(project, spark, step) for step in STEPS}
        lines = sum(1 for path in (home / "files" / "years").glob("*.csv") for _ in path.open("rb"))
        files = sum(path.stat().st_size for path in (home / "files").rglob("*") if path.is_file())
        found = {
            "machine": machine(spark),
            "rows": lines - times,
            "bytes": files,
            "steps": steps,
            "tables": _tables(home / "lake"),
            "kept": {row.step: (dict(row.planned), dict(row.used)) for row in project.used(spark)},
        }
    print(json.dumps(found), flush=True)


def _measured(project: Project, spark: SparkSession, step: str) -> Mapping[str, Any]:
    usage = measured(spark, lambda: getattr(project, step)(spark))
    return {**asdict(usage), "heap": _heap(spark)}


def _heap(spark: SparkSession) -> int:
    """Bytes of the heap that are in use once garbage is collected; Python lets go of its objects first."""
    import gc

    gc.collect()
    jvm: Any = spark._jvm
    jvm.java.lang.System.gc()
    return int(jvm.java.lang.management.ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed())


def _tables(lake: Path) -> dict[str, tuple[int, int]]:
    """Table → files and bytes on disk; what Delta has not removed yet is among them."""
    found = {}
    for log in lake.glob("*/_delta_log"):
        sizes = [
            path.stat().st_size for path in log.parent.rglob("*.parquet") if "_delta_log" not in path.parts
        ]
        found[log.parent.name] = (len(sizes), sum(sizes))
    return found


if __name__ == "__main__":
    main()
