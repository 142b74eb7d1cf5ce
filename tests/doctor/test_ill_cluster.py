"""Faults planted for real in one cluster, each caught by its name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.doctor.ill_cluster"],
        cwd=tmp_path_factory.mktemp("ill"),
        env={**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="each process's own folder is found in /proc")
def test_every_fault_of_an_ill_cluster_is_named(told: dict[str, Any]) -> None:
    found = told["found"]
    assert {name for name, (state, _) in found.items() if state == "fault"} == {
        "delta",
        "packages",
        "dynamic allocation",
        "lake",
        "temporary folder",
        "tracking store",
        "clocks",
        "disk",
    }
    executor = found["delta"][1].removeprefix("Delta's classes are missing on ").removesuffix(".")
    assert executor.startswith("executor 0 on ")
    assert (
        found["packages"][1]
        == f"xgboost is missing on {executor}; scipy is 1.5.0, not >=1.13, on {executor}."
    )
    assert found["clocks"][1].startswith(f"Beside the driver's clock, that of {executor} is 3,")
    assert f"is not there for {executor}" in found["temporary folder"][1]
    assert "Connection refused" in found["tracking store"][1]
    assert found["disk"][1].startswith("Less than 1,024.0 TB free: ")
    assert told["left"] == []


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_a_run_is_refused_before_it_begins_or_before_it_trains(told: dict[str, Any]) -> None:
    of_driver, of_executors = told["refused"]
    assert of_driver.startswith("dynamic allocation: It is on, and train.placement is distributed: ")
    assert of_executors.startswith("packages: xgboost is missing on executor ")
    assert "Next: run executors in the driver's environment: `pipeline package`" in of_executors


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_a_python_that_does_not_fit_or_is_not_there_is_named(told: dict[str, Any]) -> None:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert told["python"] == [
        f"Python 3.9 on the driver, {here} on an executor: PySpark refuses that.",
        "An executor cannot start its Python, './environment/bin/python'.",
    ]
