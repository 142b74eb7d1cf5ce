"""One small project: a folder of files, the source `houses` over it, and a lake."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.steps.ingest.result import IngestResult
from pipeline.steps.ingest.step import run

NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


class SmallProject:
    """What tests of single steps work on; `source` is more of the source's configuration."""

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

    def ingest(self, now: datetime = NOON) -> IngestResult:
        return run(self.spark, self.config, now=now)

    def versions(self) -> dict[str, int]:
        """How many commits every table of the lake has."""
        logs = self.lake.glob("*/_delta_log")
        return {log.parent.name: len(list(log.glob("*.json"))) for log in logs}
