"""The cluster that other tests use: two workers that share nothing, and nothing left when it is over."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cluster.standalone import parent_of, running, standalone

JOB = """\
import json, os, socket
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
def look(_):
    return [(os.getcwd(), os.environ["SPARK_LOCAL_DIRS"], os.environ.get("VIRTUAL_ENV"))]
found = spark.sparkContext.parallelize(range(2), 2).barrier().mapPartitions(look).collect()
print(json.dumps(sorted(found)))
spark.stop()
"""


@pytest.mark.cluster
@pytest.mark.skipif(sys.platform != "linux", reason="every address of 127.0.0.0/8 is this machine on Linux")
def test_two_workers_of_their_own_that_end_with_the_block(tmp_path: Path) -> None:
    job = tmp_path / "job.py"
    job.write_text(JOB)
    with standalone(tmp_path / "cluster") as cluster:
        workers = [worker.pid for worker in cluster.workers]
        ended = cluster.submit(job)
        assert ended.code == 0, ended.err[-3000:]
    found = json.loads(ended.out.splitlines()[-1])
    here = tmp_path / "cluster"
    assert [
        (*Path(folder).relative_to(here).parts[:2], *Path(local).relative_to(here).parts[:2], virtual)
        for folder, local, virtual in found
    ] == [
        ("worker1", "work", "worker1", "local", None),
        ("worker2", "work", "worker2", "local", None),
    ]
    assert [pid for pid in running() if pid in workers or parent_of(pid) in workers] == []
