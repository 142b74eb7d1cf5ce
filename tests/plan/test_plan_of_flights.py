"""What is planned of flights, beside what they use: within three tenths, and nothing spent on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake
from pipeline.project import Project
from pipeline.usage import BOOKKEEPING, metered
from tests.plan.flights import write_month, write_registers

pytestmark = [pytest.mark.spark, pytest.mark.slow]

CONF = Path(__file__).parents[2] / "conf" / "flights.yaml"
OVERLAY = """\
lake: {root: lake}
sources:
  flights: {path: landing/flights/*.csv}
  weather: {path: landing/weather/*.csv}
  planes: {path: landing/planes.csv}
  airports: {path: landing/airports.parquet}
split: {boundaries: null}
train:
  folds: 2
  learners:
    logistic_regression: {space: {regParam: [0.01]}}
    xgboost: {params: {n_estimators: 10, early_stopping_rounds: 5}, space: {max_depth: [3]}}
promote: {thresholds: {auc_roc: {min: 0}}}
"""
FIGURES = ("read_bytes", "scans", "cached_bytes", "fits_local", "fits_distributed", "fits_winner")
FLIGHTS = 3_000
FEW = 10_000


def far(planned: dict[str, int], used: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The figures of which more than three tenths too much or too little was planned; a few KB are none."""
    return {
        name: (planned.get(name, 0), used.get(name, 0))
        for name in FIGURES
        if (planned.get(name) or used.get(name, 0) > (FEW if name == "cached_bytes" else 0))
        and not 0.7 * used.get(name, 0) <= planned.get(name, 0) <= 1.3 * used.get(name, 0)
    }


@pytest.fixture
def project(tmp_path: Path, empty_tracking_file: Path) -> Project:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "mlflow.db").write_bytes(empty_tracking_file.read_bytes())
    files = [tmp_path / "flights.yaml", tmp_path / "overlay.yaml"]  # beside them the contracts are written
    for file, text in zip(files, (CONF.read_text(), OVERLAY), strict=True):
        file.write_text(text)
    return Project.load(files)


def test_what_is_planned_of_flights_is_near_what_they_use(
    spark: SparkSession, project: Project, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    write_registers(landing)
    write_month(landing, 1, FLIGHTS)
    lake = Lake.of(spark, project.config.lake)
    reasons = {step.step: step.reason for step in project.plan(spark).steps}
    assert reasons["ingest"] == "4 new files: 1 of flights, 1 of weather, 1 of planes, 1 of airports"
    assert reasons["train"] == "there is no champion yet"
    project.run(spark, last="features")

    write_month(landing, 2, FLIGHTS // 2)
    before = {name: lake.version(name) for name in lake.tables()}
    with metered(spark, lake.root) as meter:
        found = project.plan(spark)
    assert {name: lake.version(name) for name in lake.tables()} == before
    assert set(meter.usage.scans) == {BOOKKEEPING}
    project.run(spark)

    rows = {row.step: row for row in project.used(spark)}
    assert {step: dict(row.planned) for step, row in rows.items()} == found.figures()
    assert {step: found for step, row in rows.items() if (found := far(row.planned, row.used))} == {}
    assert [step.step for step in project.plan(spark).steps if step.is_due] == []
