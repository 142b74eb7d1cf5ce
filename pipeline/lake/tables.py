"""Where the tables of a lake are: below a root, each by its path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from delta.tables import DeltaTable
from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

from pipeline.lake.hadoop import Files
from pipeline.lake.layout import quoted


class Tables(Protocol):
    """How tables are found, read, written and named; `name` is one that was validated before."""

    @property
    def words(self) -> str:
        """The place as an error names it."""

    @property
    def home(self) -> str:
        """The folder for what is no table: lease, work area, models on their way. It may be created here."""

    def folder(self, name: str) -> str | None:
        """The table's folder, None where it is known that there is no such table."""

    def names(self) -> list[str]:
        """The names of what may be tables, sorted."""

    def sql_name(self, name: str) -> str:
        """The table as SQL names it."""

    def read(self, name: str, version: int | None) -> DataFrame:
        """The rows, now or at a version."""

    def delta(self, spark: SparkSession, name: str) -> DeltaTable:
        """The table for a MERGE."""

    def create(
        self, name: str, rows: DataFrame, partition_by: Sequence[str], of: Mapping[str, str], /
    ) -> bool:
        """Make a missing table, with properties and without rows; False where the first rows do that."""

    def save(self, writer: DataFrameWriter, name: str) -> None:
        """Write rows to the table."""


class TablesByPath:
    """Tables right below a root: a folder on any file system that Hadoop knows."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._spark = spark
        self._files = Files(spark)
        self.home = root.rstrip("/") or "/"

    @property
    def words(self) -> str:
        return self.home

    def folder(self, name: str) -> str:
        return f"{self.home}/{name}"

    def names(self) -> list[str]:
        return [name for name in self._files.folders(self.home) if not name.startswith(("_", "."))]

    def sql_name(self, name: str) -> str:
        return f"delta.{quoted(self.folder(name))}"

    def read(self, name: str, version: int | None) -> DataFrame:
        reader = self._spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.load(self.folder(name))

    def delta(self, spark: SparkSession, name: str) -> DeltaTable:
        return DeltaTable.forPath(spark, self.folder(name))

    def create(self, *_: object) -> bool:
        return False

    def save(self, writer: DataFrameWriter, name: str) -> None:
        writer.save(self.folder(name))
