"""parquet: typed columns, found by name."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from pipeline.errors import ConfigError
from pipeline.lake.hadoop import Files
from pipeline.steps.ingest.formats.base import FileFormat, Listing
from pipeline.steps.ingest.formats.columnar import merged_rows, opening_by_magic
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening
from pipeline.steps.ingest.partitions import base_of


class Parquet(FileFormat):
    """The union of the files' columns; a type that differs between files is refused."""

    name = "parquet"

    def listed(self, files: Files, known: Sequence[Entry]) -> Listing:
        """The files that there are.

        Raises:
            ConfigError: they are those of a Delta table, of which not all count.
        """
        if files.exists(f"{base_of(self.source.path)}/_delta_log"):
            name = self.source_name
            raise ConfigError(
                f"{self.source.where('path')}: 'sources.{name}.path' is a Delta table, and not all of its "
                f"files count: {self.source.path}. Set sources.{name}.format to delta."
            )
        return super().listed(files, known)

    def opening(self, path: str, head: Head) -> Opening:
        return opening_by_magic(path, head, b"PAR1", self.name)

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        return merged_rows(spark, self.name, files)
