"""Executors that are killed at work change nothing; executors that always die end the run with a sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.executors import CACHE, SCAN, SHUFFLE, WRITE
from tests.faults.parts import cluster_runs

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(1800)]

KILLS = {"ingest": [WRITE], "clean": [SHUFFLE], "train": [SCAN, CACHE], "score": [WRITE]}


@pytest.mark.skipif(sys.platform != "linux", reason="finds the executors to kill in /proc")
def test_executors_killed_at_work_change_nothing(tmp_path: Path) -> None:
    told = {each["run"]: each for each in cluster_runs(tmp_path / "runs", KILLS, ["train"], speculation=True)}

    killed = told["killed"]
    assert sorted(killed["hit"]) == sorted([step, kind] for step, kinds in KILLS.items() for kind in kinds)
    whole = {
        "code": 0,
        "rows": told["undisturbed"]["rows"],
        "lost": 0,
        "doubled": 0,
        "same_winner": True,
        "same_folds": True,
        "aliases": {"challenger": 1, "champion": 1},
        "unloadable": [],
        "statuses": {"FINISHED": 9},
    }
    assert {name: killed[name] for name in whole} == whole

    dying = told["always dying in train"]
    assert dying["code"] == 75
    assert dying["message"].startswith("Executor ")
    assert dying["aliases"] == {}
    again = told["always dying in train, again"]
    assert {name: again[name] for name in whole} == whole
