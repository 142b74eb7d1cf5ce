"""The small project of these tests: text in, landed by ingest, cleaned, and its tables as rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Ledger
from pipeline.lake.lake import Lake
from pipeline.progress import SILENT, Progress
from pipeline.steps.clean.result import CleanResult
from pipeline.steps.clean.step import run
from tests.small_project import NOON, SmallProject


class Project(SmallProject):
    """A project with the source `houses`."""

    def land(self, name: str, *lines: str, now: datetime = NOON) -> None:
        (self.files / name).write_text("\n".join(lines) + "\n")
        self.ingest(now)

    def clean(self, now: datetime = NOON, progress: Progress = SILENT) -> CleanResult:
        return run(self.spark, self.config, now=now, progress=progress)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        frame = self.spark.read.format("delta").load(str(self.lake / table)).select(*columns)
        found = [tuple(row) for row in frame.collect()]
        return sorted(found, key=lambda row: tuple((value is None, value) for value in row))

    def errors(self, *columns: str) -> list[tuple[Any, ...]]:
        """The quarantined rows by these columns, then their reasons as (rule, column, message)."""
        frame = self.spark.read.format("delta").load(str(self.lake / "quarantine_houses"))
        found = [
            (*(row[name] for name in columns), [tuple(error) for error in row["_errors"]])
            for row in frame.collect()
        ]
        return sorted(found, key=str)

    def ledger(self, batch_id: int) -> dict[str, int]:
        """The ledger of one batch, without the terms that are zero."""
        entries = Ledger(Lake(self.spark, str(self.lake))).entries("clean", "houses")
        (rows,) = [dict(entry.rows) for entry in entries if entry.batch_id == batch_id]
        return {term: count for term, count in rows.items() if count}


@pytest.fixture
def make_project(spark: SparkSession, tmp_path: Path) -> Callable[..., Project]:
    def make(**source: Any) -> Project:
        return Project(spark, tmp_path, source)

    return make
