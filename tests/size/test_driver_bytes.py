"""No step brings rows to the driver: of eight times the rows, tasks send it no more than a tenth more."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.due import STEPS
from pipeline.project import Project
from tests.size.results import stages_after

pytestmark = pytest.mark.spark

ROWS, TIMES, MOST = 576, 8, 1.1


def write_sales(path: Path, times: int) -> None:
    """The same few hundred kinds of houses again and again, one in 48 with a price that breaks the rule."""
    kinds = itertools.product(range(40, 136, 4), range(1, 5), "ABCDEF")
    lines = [
        f"{area},{rooms},{town},{-1 if number % 48 == 7 else (area * 10 + rooms + number % 7) % 1000}"
        for number, (area, rooms, town) in enumerate(kinds)
    ]
    assert len(lines) == ROWS
    path.write_text(
        "id,area,rooms,town,price\n"
        + "".join(f"{number:06},{line}\n" for number, line in enumerate(lines * times, start=1))
    )


def config_of(folder: Path, root: str) -> Config:
    return Config.model_validate(
        {
            "name": "sales",
            "task": "binary",
            "lake": {"root": root},
            "sources": {
                "houses": {
                    "path": str(folder / "*.csv"),
                    "key": ["id"],
                    "rules": {"price_positive": {"check": "price > 0"}},
                }
            },
            "features": {
                "query": "SELECT id, area, rooms, town, price > 500 AS dear FROM houses",
                "label": "dear",
                "key": ["id"],
                "leakage": "ignore",
            },
            "train": {
                "folds": 2,
                "learners": {
                    "logistic_regression": {"space": {"regParam": [0.01]}},
                    "xgboost": {"params": {"n_estimators": 5}, "space": {"max_depth": [2]}},
                },
            },
            "promote": {"thresholds": {"accuracy": {"min": 0}}},
        }
    )


def sent_by_step(spark: SparkSession, folder: Path, times: int, tracking: Path) -> dict[str, int]:
    """Bytes that reached the driver in each step of a first run over so many times the rows."""
    folder.mkdir()
    root = folder / "lake"
    root.mkdir()
    (root / "mlflow.db").write_bytes(tracking.read_bytes())
    write_sales(folder / "sales.csv", times)
    project = Project(config_of(folder, str(root)))
    sent: dict[str, int] = {}
    for step in STEPS:
        newest = max((stage for stage, _ in stages_after(spark, -1)[:1]), default=-1)
        result: Any = getattr(project, step)(spark)
        assert result.verdict in ("done", "promoted"), result
        sent[step] = sum(size for _, size in stages_after(spark, newest))
    return sent


def test_of_eight_times_the_rows_no_step_sends_more_to_the_driver(
    spark: SparkSession, tmp_path: Path, empty_tracking_file: Path
) -> None:
    once = sent_by_step(spark, tmp_path / "once", 1, empty_tracking_file)
    often = sent_by_step(spark, tmp_path / "often", TIMES, empty_tracking_file)

    assert {step: often[step] / once[step] for step in STEPS if often[step] > MOST * once[step]} == {}
