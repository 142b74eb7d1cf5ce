"""The small project of these tests: files in, landed, and its tables as rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.small_project import SmallProject


class Project(SmallProject):
    """A project with the source `houses`."""

    def write(self, name: str, text: str) -> Path:
        path = self.files / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def rows(self, table: str = "bronze_houses", *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted, with files by their bare names."""
        frame = self.spark.read.format("delta").load(str(self.lake / table))
        chosen = [name for name in frame.columns if not columns or name in columns]

        def bare(value: Any) -> Any:
            return value.rpartition("/")[2] if isinstance(value, str) and value.startswith("file:") else value

        found = [tuple(bare(row[name]) for name in chosen) for row in frame.collect()]
        return sorted(found, key=lambda row: tuple((value is None, str(value)) for value in row))


@pytest.fixture
def make_project(spark: SparkSession, tmp_path: Path) -> Callable[..., Project]:
    def make(**source: Any) -> Project:
        return Project(spark, tmp_path, source)

    return make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    return make_project()
