"""csv: a header line, then a record on each line, or over several lines where that is declared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StringType, StructField, StructType

from pipeline.config.spark_types import schema_columns
from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.formats.base import FileFormat
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening, csv_opening
from pipeline.steps.ingest.transforms import CORRUPT, csv_options, csv_records


class Csv(FileFormat):
    """Files are read in groups of the same columns, so that values never shift."""

    name = "csv"
    options = ("header", "sep", "delimiter", "quote", "escape", "comment", "encoding", "multiLine")

    def opening(self, path: str, head: Head) -> Opening:
        schema = self.source.schema_
        return csv_opening(path, head, self.dialect, tuple(schema_columns(schema)[0]) if schema else ())

    def is_filled(self, file: Entry) -> bool:
        return file.size > 0 and bool(file.columns)

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        groups: dict[tuple[str, ...], list[Entry]] = {}
        for file in files:
            groups.setdefault(tuple(file.columns), []).append(file)
        read = _spanning if self.dialect.multi_line else _by_line
        return reading.united(
            [(group, read(spark, group, columns, self.dialect)) for columns, group in groups.items()]
        )

    def common_columns(self, files: Sequence[Entry], records: DataFrame) -> list[str] | None:
        sets = [{name.lower() for name in file.columns} for file in files]
        common = reduce(lambda left, right: left & right, sets)
        return [name for name in files[0].columns if name.lower() in common]


def _by_line(
    spark: SparkSession, files: Sequence[Entry], columns: tuple[str, ...], dialect: Dialect
) -> DataFrame:
    headers = sorted({file.header for file in files if file.header})
    return csv_records(reading.lines(spark, files), headers, columns, dialect)


def _spanning(
    spark: SparkSession, files: Sequence[Entry], columns: tuple[str, ...], dialect: Dialect
) -> DataFrame:
    schema = StructType([StructField(name, StringType()) for name in (*columns, CORRUPT)])
    options = {
        **csv_options(dialect, len(columns)),
        "header": str(dialect.header).lower(),
        "multiLine": "true",
        "encoding": dialect.encoding,
        "comment": dialect.comment or "\u0000",
    }
    rows = reading.reader(spark).options(**options).schema(schema).csv(reading.paths(files))
    return rows.select(
        *[name for name in rows.columns if name != CORRUPT], reading.source_file(files), CORRUPT
    )
