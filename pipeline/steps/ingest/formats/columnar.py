"""What parquet and orc share: files that know their types, and are read by the union of their schemas."""

from __future__ import annotations

from collections.abc import Sequence

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.formats import Format
from pipeline.errors import DataRefused
from pipeline.lake.reasons import causes
from pipeline.steps.ingest.formats import reading
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening, UnreadableFile, validate_names
from pipeline.steps.ingest.transforms import CORRUPT

_PROBED = 200


def opening_by_magic(path: str, head: Head, magic: bytes, kind: Format) -> Opening:
    """The opening of a file that begins with its format's mark.

    Raises:
        UnreadableFile: it begins otherwise.
    """
    content = head(len(magic))
    if content not in (b"", magic):
        found = content.decode("utf-8", "replace")
        raise UnreadableFile(
            path,
            f"it is no {kind} file, it begins with '{found}' (is the source's format right?)",
        )
    return Opening(has_rows=bool(content))


def merged_rows(spark: SparkSession, kind: Format, files: Sequence[Entry]) -> DataFrame:
    """The rows of all files with the columns that any has.

    Raises:
        DataRefused: files contradict each other in a column's type.
    """
    try:
        rows = reading.reader(spark).option("mergeSchema", "true").format(kind).load(reading.paths(files))
    except (PySparkException, Py4JJavaError) as error:
        if not any("CANNOT_MERGE_SCHEMAS" in text for text in causes(error)):
            raise
        raise DataRefused(_first_difference(spark, kind, files)) from error
    return typed_rows(rows, files)


def typed_rows(rows: DataFrame, files: Sequence[Entry]) -> DataFrame:
    """Rows of a format with types as records: nothing that can be read is malformed.

    Raises:
        DataRefused: a column has a name that cannot land.
    """
    validate_names(reading.some(files), tuple(rows.columns))
    return rows.select("*", reading.source_file(files), F.lit(None).cast("string").alias(CORRUPT))


def _first_difference(spark: SparkSession, kind: Format, files: Sequence[Entry]) -> str:
    """Which file has another type than those before it: looked for only on the way to a refusal."""
    types: dict[str, str] = {}
    for file in files[:_PROBED]:
        for field in reading.reader(spark).format(kind).load(reading.paths([file])).schema:
            found = field.dataType.simpleString().upper()
            expected = types.setdefault(field.name.lower(), found)
            if expected != found:
                return reading.contradiction(file.path, field.name, found, expected)
    return (
        f"{reading.some(files)}: the files have columns of the same name with different types. "
        f"Write them with one."
    )
