"""parquet: typed columns, found by name."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession

from pipeline.steps.ingest.formats.base import FileFormat
from pipeline.steps.ingest.formats.columnar import merged_rows, opening_by_magic
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening


class Parquet(FileFormat):
    """The union of the files' columns; a type that differs between files is refused."""

    name = "parquet"

    def opening(self, path: str, head: Head) -> Opening:
        return opening_by_magic(path, head, b"PAR1", self.name)

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        return merged_rows(spark, self.name, files)
