"""Reading exactly the files of one batch with Spark's readers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import DataRefused
from pipeline.lake.hadoop import escaped
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.transforms import SOURCE_FILE

_ENCODED = re.compile(r"[^A-Za-z0-9/:._=-]")


def reader(spark: SparkSession) -> DataFrameReader:
    """A reader that skips no file silently, whatever the session is set to."""
    return spark.read.option("ignoreCorruptFiles", "false").option("ignoreMissingFiles", "false")


def paths(files: Sequence[Entry]) -> list[str]:
    """The paths of files, each meant as written."""
    return [escaped(file.path) for file in files]


def source_file(files: Sequence[Entry]) -> Column:
    """The file of a row, written as in the manifest; Spark has it percent-encoded."""
    path = F.col("_metadata.file_path")
    if any(_ENCODED.search(file.path) for file in files):
        path = F.url_decode(F.replace(path, F.lit("+"), F.lit("%2B")))
    return path.alias(SOURCE_FILE)


def lines(spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
    """The lines of text files, as (value, _source_file)."""
    return reader(spark).text(paths(files)).select("value", source_file(files))


def united(groups: Sequence[tuple[Sequence[Entry], DataFrame]]) -> DataFrame:
    """The records of several groups of files as one frame; a column that a group lacks is NULL there.

    Raises:
        DataRefused: groups have a column of the same name with different types.
    """
    types: dict[str, str] = {}
    for files, rows in groups:
        for field in rows.schema:
            kind = field.dataType.simpleString().upper()
            expected = types.setdefault(field.name.lower(), kind)
            if expected != kind:
                raise DataRefused(contradiction(some(files), field.name, kind, expected))
    frames = [rows for _, rows in groups]
    return reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), frames)


def contradiction(what: str, column: str, found: str, expected: str) -> str:
    """What is said when a file has another type than the ones before it."""
    return (
        f"{what}: column '{column}' is {found}, and {expected} in files before it. "
        f"Write the files with one type."
    )


def some(files: Sequence[Entry]) -> str:
    """The files in a sentence: the first one by name."""
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0].path}{more}"
