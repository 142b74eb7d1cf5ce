"""Several jobs in one application, and a look at what its executors run on; submitted by `test_flow`.

    spark-submit … chain.py OUT jobs/ingest.py -c FILE -- jobs/clean.py -c FILE -- …

Each job is run as spark-submit runs it, as the main program with its own arguments; they find the session of
this application and leave it standing. That saves a JVM and its executors for each. What the jobs print
stays on stdout; codes, counts and the look go to the file OUT as JSON.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


def look(_: Iterator[int]) -> Iterator[dict[str, Any]]:
    """What Python on an executor is made of. It travels by value: nothing of this file is over there."""
    import importlib
    import socket  # noqa: F401 - a part of the standard library that is compiled

    names = ("pipeline", "numpy", "pandas", "pyarrow", "scipy", "xgboost", "socket", "pyspark")
    yield {
        "folder": str(Path.cwd()),
        "python": sys.executable,
        "prefix": sys.prefix,
        "path": list(sys.path),
        "files": {name: importlib.import_module(name).__file__ for name in names},
        "local": os.environ["SPARK_LOCAL_DIRS"],
        "environment": sorted(os.environ),
    }


def run_job(job: str, words: list[str]) -> object:
    """The code that a job ends with."""
    sys.argv = [job, *words]
    try:
        runpy.run_path(job, run_name="__main__")
    except SystemExit as ended:
        return ended.code
    return 0


def counts(files: list[str]) -> dict[str, Any]:
    """What the tables of a project hold: predictions by key, and the ledger."""
    import pipeline

    project = pipeline.load(*files)
    spark = SparkSession.getActiveSession()
    key = ", ".join(f"`{name}`" for name in project.config.key)
    predictions = project.table(f"predictions_{project.config.name}", spark)
    predictions.createOrReplaceTempView("predictions")
    assert spark is not None
    (rows,) = spark.sql(
        f"SELECT count(*) AS rows, count(DISTINCT {key}) AS keys, count(prediction) AS predicted"
        " FROM predictions"
    ).collect()
    features = project.table(f"features_{project.config.name}", spark).count()
    ledger = project.table("ledger", spark).where("step = 'clean'").select("name", "rows").collect()
    return {
        "predictions": rows.asDict(),
        "features": features,
        "ledger": [[row["name"], row["rows"]] for row in ledger],
    }


def main() -> None:
    out, words = Path(sys.argv[1]), sys.argv[2:]
    spark = SparkSession.builder.getOrCreate()
    jobs = [list(group) for is_end, group in groupby(words, lambda word: word == "--") if not is_end]
    codes: list[object] = []
    for job, *arguments in jobs:
        codes.append(run_job(job, arguments))
        if codes[-1] != 0:
            break
    # With as many tasks at once as there are executors, each executor has one.
    found = spark.sparkContext.parallelize(range(2), 2).barrier().mapPartitions(look).collect()
    projects = {}
    for _, *arguments in jobs:
        named = [arguments[place + 1] for place, word in enumerate(arguments) if word == "-c"]
        projects[named[0]] = named
    told = {name: counts(named) for name, named in projects.items()} if set(codes) <= {0} else {}
    out.write_text(json.dumps({"codes": codes, "executors": found, "projects": told}))
    spark.stop()


if __name__ == "__main__":
    main()
