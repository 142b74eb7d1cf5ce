"""One small project: a folder of files, a lake, and a way to run ingest on them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.steps.ingest.result import IngestResult
from pipeline.steps.ingest.step import run

NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


class Project:
    """A project with the source `houses`, whose files are in `files`."""

    def __init__(self, spark: SparkSession, folder: Path, source: dict[str, Any]) -> None:
        self.spark = spark
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir()
        self.lake = folder / "lake"
        self.source = {"path": str(self.files), "format": "csv", **source}

    @property
    def config(self) -> Config:
        values: dict[str, Any] = {
            "name": "demo",
            "task": "regression",
            "lake": {"root": str(self.lake)},
            "sources": {"houses": self.source},
            "features": {"label": "price"},
        }
        return Config.model_validate(values)

    def write(self, name: str, text: str) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def ingest(self, now: datetime = NOON) -> IngestResult:
        return run(self.spark, self.config, now=now)

    def rows(self, table: str = "bronze_houses", *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted, with files by their bare names."""
        frame = self.spark.read.format("delta").load(str(self.lake / table))
        chosen = [name for name in frame.columns if not columns or name in columns]

        def bare(value: Any) -> Any:
            return value.rpartition("/")[2] if isinstance(value, str) and value.startswith("file:") else value

        found = [tuple(bare(row[name]) for name in chosen) for row in frame.collect()]
        return sorted(found, key=lambda row: tuple((value is None, str(value)) for value in row))

    def versions(self) -> dict[str, int]:
        """How many commits every table of the lake has."""
        logs = self.lake.glob("*/_delta_log")
        return {log.parent.name: len(list(log.glob("*.json"))) for log in logs}


@pytest.fixture
def make_project(spark: SparkSession, tmp_path: Path) -> Callable[..., Project]:
    def make(**source: Any) -> Project:
        return Project(spark, tmp_path, source)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()
