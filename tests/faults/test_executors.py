"""Executors that are killed at work change nothing; executors that always die end the run with a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.cluster_runs import ALWAYS
from tests.faults.executors import CACHE, SCAN, SHUFFLE, WRITE
from tests.faults.parts import cluster_runs, wish
from tests.faults.scenarios import project_of
from tests.faults.shop import open_shop

pytestmark = [pytest.mark.cluster, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.mark.skipif(sys.platform != "linux", reason="finds the executors to kill in /proc")
def test_executors_that_are_killed_change_nothing(spark: SparkSession, tmp_path: Path) -> None:
    like = open_shop(tmp_path / "undisturbed", batches=2)
    project_of(like).run(spark)
    before = {"ingest": [WRITE], "clean": [SHUFFLE]}
    after = {"train": [SCAN, CACHE], "score": [WRITE]}
    runs = [wish("first", "shop", kills=before, dying="train"), wish("again", "shop", kills=after)]

    first, again = cluster_runs(tmp_path / "cluster", runs, speculation=True, like=like.folder)

    assert sorted(hit for hit in first["hit"] if hit[1] != ALWAYS) == [["clean", SHUFFLE], ["ingest", WRITE]]
    assert len([hit for hit in first["hit"] if hit[1] == ALWAYS]) >= 4
    assert (first["code"], first["aliases"], first["unloadable"]) == (75, {}, [])
    assert first["message"].startswith("Executor ")
    assert first["message"].endswith("why the cluster loses them: its nodes, or their memory.")

    assert sorted(again["hit"]) == [["score", WRITE], ["train", CACHE], ["train", SCAN]]
    assert (again["code"], again["lost"], again["doubled"]) == (0, 0, 0)
    assert (again["same_winner"], again["same_folds"]) == (True, True)
    assert (again["aliases"], again["unloadable"]) == ({"challenger": 1, "champion": 1}, [])
    assert again["statuses"] == {"FINISHED": 9}
