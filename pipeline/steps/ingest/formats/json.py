"""json: one object a line, or, where `multiLine` is declared, whole documents and arrays."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.steps.ingest import documents
from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.formats.base import FileFormat
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import SIZES, Head, Opening, decoded
from pipeline.steps.ingest.transforms import json_records


class Json(FileFormat):
    """A record is kept as the text it was, in `value`; lines can be split among workers, documents cannot."""

    name = "json"
    options = ("encoding", "multiLine")

    def opening(self, path: str, head: Head) -> Opening:
        for size in SIZES:
            content = head(size)
            start = decoded(path, content, self.dialect.encoding).lstrip()[:1]
            if start == "[" and not self.dialect.multi_line:
                raise DataRefused(
                    f"{path} is one JSON array. Set 'multiLine: true' in the source's options, or write one "
                    f"object a line, without brackets around them."
                )
            if start or len(content) < size:
                return Opening(has_rows=bool(start))
        return Opening()

    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        if not self.dialect.multi_line:
            return json_records(reading.lines(spark, files), self.dialect.encoding)
        texts = reading.reader(spark).text(reading.paths(files), wholetext=True)
        contents = texts.select(F.col("value").cast("binary").alias("value"), reading.source_file(files))
        return contents.mapInArrow(documents.splitter(self.dialect.encoding), documents.SCHEMA)

    def common_columns(self, files: Sequence[Entry], records: DataFrame) -> list[str] | None:
        return None
