"""Reading exactly the files of one batch, each group of files with its own columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from urllib.parse import quote

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from pipeline.config.sources import Format
from pipeline.errors import DataRefused
from pipeline.lake.reasons import causes
from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import validate_names
from pipeline.steps.ingest.transforms import (
    CORRUPT,
    SOURCE_FILE,
    csv_options,
    csv_records,
    json_records,
)

_ENCODED = re.compile(r"[^A-Za-z0-9/:._=-]")
_PROBED = 200
_GLOB_LETTERS = "\\{}[]*?"


def received(spark: SparkSession, kind: Format, dialect: Dialect, files: Sequence[Entry]) -> DataFrame | None:
    """The records of the files that have any, as received; None when none has."""
    filled = [file for file in files if file.size > 0 and (kind != "csv" or file.columns)]
    if not filled:
        return None
    if kind == "parquet":
        return _parquet(spark, filled)
    if kind == "json":
        return json_records(_lines(spark, filled))
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for file in filled:
        groups.setdefault(tuple(file.columns), []).append(file)
    read = _spanning if dialect.multi_line else _by_line
    frames = [read(spark, group, columns, dialect) for columns, group in groups.items()]
    return reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames)


def validate_types(rows: DataFrame, table: StructType, what: str, files: Sequence[Entry]) -> None:
    """Raise DataRefused when a typed column cannot be added to the table: Delta widens no column here."""
    known = {field.name.lower(): field.dataType for field in table}
    for field in rows.schema:
        expected = known.get(field.name.lower())
        if expected is not None and expected != field.dataType:
            raise DataRefused(
                f"{what}: column '{field.name}' is {field.dataType.simpleString().upper()} in "
                f"{_some(files)}, and {expected.simpleString().upper()} in what was landed before. "
                f"Write the files with one type."
            )


@contextmanager
def refusing_unreadable(what: str, files: Sequence[Entry]) -> Iterator[None]:
    """Turn Spark's failure to read a file into a sentence that names it.

    Raises:
        DataRefused: one of the files cannot be read.
    """
    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        said = causes(error)
        name = next((file.path for file in files for text in said if _is_about(file.path, text)), None)
        if name is None:
            raise
        raise DataRefused(
            f"{what}: {name} cannot be read: {_last_line(said)}. Nothing of the batch was landed. "
            f"Replace the file or take it away, and run again."
        ) from error


def _by_line(
    spark: SparkSession, files: Sequence[Entry], columns: tuple[str, ...], dialect: Dialect
) -> DataFrame:
    headers = sorted({file.header for file in files if file.header})
    return csv_records(_lines(spark, files), headers, columns, dialect)


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
    rows = _reader(spark).options(**options).schema(schema).csv(_paths(files))
    return rows.select(*[name for name in rows.columns if name != CORRUPT], _source_file(files), CORRUPT)


def _parquet(spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
    try:
        rows = _reader(spark).option("mergeSchema", "true").parquet(*_paths(files))
    except (PySparkException, Py4JJavaError) as error:
        if not any("CANNOT_MERGE_SCHEMAS" in text for text in causes(error)):
            raise
        raise DataRefused(_first_difference(spark, files)) from error
    validate_names(_some(files), tuple(rows.columns))
    return rows.select("*", _source_file(files), F.lit(None).cast("string").alias(CORRUPT))


def _first_difference(spark: SparkSession, files: Sequence[Entry]) -> str:
    """Which file has another type than the first one, looked for one by one: only on the way to a refusal."""
    first = _reader(spark).parquet(*_paths(files[:1])).schema
    types = {field.name: field.dataType for field in first}
    for file in files[1:_PROBED]:
        for field in _reader(spark).parquet(*_paths([file])).schema:
            expected = types.setdefault(field.name, field.dataType)
            if expected != field.dataType:
                return (
                    f"{file.path}: column '{field.name}' is {field.dataType.simpleString().upper()}, and "
                    f"{expected.simpleString().upper()} in files before it. Write the files with one type."
                )
    return (
        f"{_some(files)}: the files have columns of the same name with different types. Write them with one."
    )


def _some(files: Sequence[Entry]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0].path}{more}"


def _lines(spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
    return _reader(spark).text(_paths(files)).select("value", _source_file(files))


def _reader(spark: SparkSession) -> DataFrameReader:
    """A reader that skips no file silently, whatever the session is set to."""
    return spark.read.option("ignoreCorruptFiles", "false").option("ignoreMissingFiles", "false")


def _paths(files: Sequence[Entry]) -> list[str]:
    """Spark takes every path for a pattern: letters that mean something there are escaped."""
    return [
        "".join(f"\\{letter}" if letter in _GLOB_LETTERS else letter for letter in file.path)
        for file in files
    ]


def _source_file(files: Sequence[Entry]) -> Column:
    """The file of a row, written as in the manifest; Spark has it percent-encoded."""
    path = F.col("_metadata.file_path")
    if any(_ENCODED.search(file.path) for file in files):
        path = F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B")))
    return path.alias(SOURCE_FILE)


def _is_about(path: str, text: str) -> bool:
    """Whether a text names a file, with one or three slashes behind its scheme, encoded or not."""
    bare = path.partition(":")[2].lstrip("/")
    return bare in text or quote(bare) in text


def _last_line(said: Sequence[str]) -> str:
    return said[-1].strip().partition("\n")[0].rstrip(".")
