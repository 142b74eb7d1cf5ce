"""Each job submitted by itself, as `pipeline package` says it: house prices, then all flights of 2013."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.packaged import Packaged, package, put_flights, put_houses
from tests.cluster.standalone import ROOT, Cluster, standalone
from tests.cluster.test_flow import STEPS, read, steps_of, validate_executors, validate_rows

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        sys.platform != "linux", reason="every address of 127.0.0.0/8 is this machine on Linux"
    ),
]
SHARED = """\
lake: {{root: {shared}/lake/{name}}}
sources:
"""
HOUSES = SHARED + "  houses: {{path: {shared}/houses/*.csv}}\n"
FLIGHTS = (
    SHARED
    + """\
  flights: {{path: {shared}/flights/flights/*.csv}}
  weather: {{path: {shared}/flights/weather/*.csv}}
  planes: {{path: {shared}/flights/planes.csv}}
  airports: {{path: {shared}/flights/airports.parquet}}
"""
)


def do(cluster: Cluster, packaged: Packaged, job: str, *words: str) -> list[dict[str, Any]]:
    """Submit a job; the verdicts of its steps."""
    ended = cluster.type(packaged.job(job, *words), packaged.typed)
    assert ended.code == 0, ended.out[-3000:] + ended.err[-5000:]
    return steps_of(ended.out)


def look(cluster: Cluster, packaged: Packaged, out: Path) -> dict[str, Any]:
    """What the tables hold, and what executors run on, after one more run that does nothing."""
    ended = cluster.type(packaged.chain(out, [packaged.words("run")]), packaged.typed)
    assert ended.code == 0, ended.err[-5000:]
    told = json.loads(out.read_text())
    assert {step["verdict"] for step in steps_of(ended.out)} == {"nothing new", "not due"}
    return dict(told)


@pytest.mark.usefixtures("all_rows")
def test_house_prices_step_by_step(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    put_houses(shared / "houses")
    overlay = HOUSES.format(shared=shared, name="houses")
    packaged = package(tmp_path, ROOT / "conf" / "house_prices.yaml", overlay)
    with standalone(tmp_path / "cluster") as cluster:
        found = {step: do(cluster, packaged, step)[0] for step in STEPS}
        again = do(cluster, packaged, "run")
        told = look(cluster, packaged, tmp_path / "out.json")
        here = cluster.type(f"{packaged.here} --json", packaged.typed)
    assert here.code == 0, here.err[-3000:]
    assert {step["verdict"] for step in steps_of(here.out)} == {"nothing new", "not due"}
    assert found["clean"]["rows"]["read"] == 2945 == read(found["clean"]["rows"])
    assert found["train"]["test_metrics"]["r2"] > 0.8
    assert found["promote"]["verdict"] == "promoted"
    assert {step["verdict"] for step in again} == {"nothing new", "not due"}
    validate_executors(told["executors"], tmp_path / "cluster")
    (project,) = told["projects"].values()
    validate_rows(project, "houses")


@pytest.mark.usefixtures("all_rows")
def test_all_flights_in_one_run(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    put_flights(shared / "flights")
    overlay = FLIGHTS.format(shared=shared, name="flights")
    packaged = package(tmp_path, ROOT / "conf" / "flights.yaml", overlay)
    with standalone(tmp_path / "cluster") as cluster:
        found = {step["step"]: step for step in do(cluster, packaged, "run")}
        told = look(cluster, packaged, tmp_path / "out.json")
    assert list(found) == STEPS
    assert found["ingest"]["rows"]["read"] > 336_776  # the flights, and the three other tables
    assert found["train"]["test_metrics"]["auc_roc"] > 0.65
    validate_executors(told["executors"], tmp_path / "cluster")
    (project,) = told["projects"].values()
    validate_rows(project, "flights")
