"""The whole flow on two workers that have nothing but Spark and what `pipeline package` made.

In the default suite the jobs share one application; `make cluster-test` submits each by itself, on all rows.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.packaged import package, put_flights, put_houses
from tests.cluster.standalone import ROOT, standalone
from tests.short_lives import INTERPRETED

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        sys.platform != "linux", reason="every address of 127.0.0.0/8 is this machine on Linux"
    ),
]
STEPS = ["ingest", "clean", "features", "train", "promote", "score"]
HOUSES = """\
lake: {{root: {shared}/lake/houses}}
sources:
  houses: {{path: {shared}/houses/*.csv}}
train:
  folds: 2
  learners:
    linear_regression: {{space: {{regParam: [0.01, 0.1]}}}}
    random_forest: null
    xgboost: {{params: {{n_estimators: 60}}, space: {{max_depth: [3], learning_rate: [0.1]}}}}
"""
FLIGHTS = """\
lake: {{root: {shared}/lake/flights}}
sources:
  flights: {{path: {shared}/flights/flights/*.csv}}
  weather: {{path: {shared}/flights/weather/*.csv}}
  planes: {{path: {shared}/flights/planes.csv}}
  airports: {{path: {shared}/flights/airports.parquet}}
train:
  folds: 2
  learners:
    logistic_regression: null
    xgboost: {{params: {{n_estimators: 20}}, space: {{max_depth: [4]}}}}
promote:
  thresholds: {{auc_roc: {{min: 0.5}}}}
"""


def steps_of(out: str) -> list[dict[str, Any]]:
    """The JSON objects that jobs printed."""
    return [json.loads(line) for line in out.splitlines() if line.startswith('{"step"')]


def read(rows: dict[str, int]) -> int:
    """What a batch must have read, by the other terms of its ledger; one with a dot is a part of another."""
    return sum(number for term, number in rows.items() if term != "read" and "." not in term)


def test_the_flow_on_two_workers_from_the_packaged_environment(tmp_path: Path) -> None:
    shared, out = tmp_path / "shared", tmp_path / "out.json"
    put_houses(shared / "houses")
    put_flights(shared / "flights", every=60)
    houses = package(tmp_path, ROOT / "conf" / "house_prices.yaml", HOUSES.format(shared=shared))
    flights, overlay = tmp_path / "flights.yaml", tmp_path / "shared.yaml"
    shutil.copyfile(ROOT / "conf" / "flights.yaml", flights)  # contracts are written beside it
    overlay.write_text(FLIGHTS.format(shared=shared))
    of_flights = ["-c", str(flights), "-c", str(overlay), "--json"]
    run, *of_houses = houses.words("run")
    jobs = [*map(houses.words, STEPS), [run, *of_houses], [run, *of_flights]]
    with standalone(tmp_path / "cluster") as cluster:
        ended = cluster.type(houses.chain(out, jobs), houses.typed, INTERPRETED)
        assert ended.code == 0, ended.err[-5000:]
    told = json.loads(out.read_text())
    assert told["codes"] == [0] * 8, ended.out[-5000:]
    validate_executors(told["executors"], tmp_path / "cluster")
    steps = steps_of(ended.out)
    assert [step["step"] for step in steps] == STEPS * 3
    assert {step["verdict"] for step in steps[6:12]} == {"nothing new", "not due"}
    for project, source in zip(told["projects"].values(), ("houses", "flights"), strict=True):
        validate_rows(project, source)


def validate_executors(executors: list[dict[str, Any]], cluster: Path) -> None:
    """Each ran in the folder of its own worker, on the Python that was unpacked there."""
    workers = [Path(found["local"]).relative_to(cluster).parts[:2] for found in executors]
    assert sorted(workers) == [("worker1", "local"), ("worker2", "local")]
    for found, (worker, _) in zip(executors, workers, strict=True):
        unpacked = f"{found['folder']}/environment/"
        assert found["folder"].startswith(f"{cluster}/{worker}/work/app-")
        assert found["python"].startswith(unpacked)
        assert f"{found['prefix']}/" == unpacked
        inside = {name for name, file in found["files"].items() if file.startswith(unpacked)}
        assert inside == {"pipeline", "numpy", "pandas", "pyarrow", "scipy", "xgboost", "socket"}
        assert found["files"]["pyspark"].startswith(f"{cluster}/spark/python/lib/pyspark.zip/")
        ours = (f"{ROOT}/", f"{sys.prefix}/")
        assert [place for place in found["path"] if f"{place}/".startswith(ours)] == []
        assert "VIRTUAL_ENV" not in found["environment"]


def validate_rows(project: dict[str, Any], source: str) -> None:
    """The ledger adds up, and no key is predicted twice."""
    ledger = project["ledger"]
    assert source in [name for name, _ in ledger]
    assert [rows["read"] for _, rows in ledger] == [read(rows) for _, rows in ledger]
    predictions = project["predictions"]
    assert predictions["rows"] == predictions["keys"] == predictions["predicted"] > 0
    assert predictions["rows"] <= project["features"]
