"""A bounded sample of some files: the first megabytes of the first few, as columns of texts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import types as T

from pipeline.config.formats import TYPED, Format
from pipeline.config.sources import Source
from pipeline.errors import ConfigError, DataRefused
from pipeline.init.csv_look import as_text, dialect_of_bytes, options_of, records
from pipeline.init.files import FileSystem, Found, typed_by
from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.opening import csv_opening

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MOST_FILES = 5
BYTES_PER_FILE = 2 * 2**20
MOST_ROWS = 20_000

Values = list["str | None"]


@dataclass(frozen=True)
class Sample:
    """Columns of texts, None where nothing was written; `types` are Spark's where files have their own."""

    format: Format
    columns: Mapping[str, Values]
    rows: int
    files: int
    is_whole: bool
    options: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, T.DataType] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """What was looked at."""
        return f"{'all' if self.is_whole else 'the first'} {self.rows:,} rows"


def take_sample(files: FileSystem, data: str, spark: SparkSession | None = None) -> Sample:
    """The sample of the files that `data` means. Files with types of their own need the session.

    Raises ConfigError when there is no file, DataRefused when what is there is no table.
    """
    found = [file for file in files.find(data) if file.size > 0]
    if not found:
        raise ConfigError(f"--data '{data}' matches no file with rows. Put files there, or correct the path.")
    looked_at = found[:MOST_FILES]
    kind = Source(path=data).file_format or _format_of(files, looked_at[0])
    if kind in TYPED:
        assert spark is not None  # whoever found a file with types started it
        return _typed(spark, kind, looked_at, len(found))
    heads = {file.path: files.head(file.path, BYTES_PER_FILE) for file in looked_at}
    tables = []
    dialect = dialect_of_bytes(heads[looked_at[0].path]) if kind == "csv" else Dialect()
    for path, head in heads.items():
        tables.append(_csv_rows(path, head, dialect) if kind == "csv" else _json_rows(head))
    rows = [row for table in tables for row in table]
    names = list(dict.fromkeys(name for row in rows for name in row))
    is_cut = any(len(head) == BYTES_PER_FILE for head in heads.values()) or len(rows) > MOST_ROWS
    sample = Sample(
        kind,
        {name: [row.get(name) for row in rows[:MOST_ROWS]] for name in names},
        rows=min(len(rows), MOST_ROWS),
        files=len(found),
        is_whole=len(found) == len(looked_at) and not is_cut,
    )
    if not sample.rows:
        raise DataRefused(f"{looked_at[0].path} has no rows. Put a file with rows there.")
    return replace(sample, options=options_of(dialect)) if kind == "csv" else sample


def _format_of(files: FileSystem, first: Found) -> Format:
    """The format by the first file's name, else by how it begins."""
    named = Source(path=first.path).file_format
    if named is not None:
        return named
    begin = files.head(first.path, 1024).lstrip()
    typed = typed_by(begin)
    if typed is not None:
        return typed
    return "json" if begin.startswith(b"{") else "csv"


def _csv_rows(path: str, head: bytes, dialect: Dialect) -> list[dict[str, str | None]]:
    opening = csv_opening(path, lambda size: head[:size], dialect)
    found = records(as_text(head, dialect.encoding), dialect)[1:]
    if len(head) == BYTES_PER_FILE:
        found = found[:-1]  # the sample ends inside of it
    width = len(opening.columns)
    return [dict(zip(opening.columns, record, strict=True)) for record in found if len(record) == width]


def _json_rows(head: bytes) -> list[dict[str, str | None]]:
    lines = as_text(head, "UTF-8").splitlines()
    if len(head) == BYTES_PER_FILE:
        lines = lines[:-1]
    read = partial(json.loads, parse_float=str, parse_int=str)
    rows = []
    for line in filter(str.strip, lines):
        try:
            value = read(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            rows.append({name: _json_text(inner) for name, inner in value.items()})
    return rows


def _json_text(value: object) -> str | None:
    """A JSON value as Spark hands it over when it is asked for a text."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed(spark: SparkSession, kind: Format, looked_at: Sequence[Found], files: int) -> Sample:
    from pipeline.steps.ingest.formats.avro import READER

    reader = spark.read.format(READER if kind == "avro" else kind)
    frame = reader.load([file.path for file in looked_at])
    rows = frame.limit(MOST_ROWS + 1).collect()
    is_whole = len(rows) <= MOST_ROWS and files == len(looked_at)
    rows = rows[:MOST_ROWS]
    return Sample(
        kind,
        {name: [_plain_text(row[name]) for row in rows] for name in frame.columns},
        rows=len(rows),
        files=files,
        is_whole=is_whole,
        types={column.name: column.dataType for column in frame.schema.fields},
    )


def _plain_text(value: object) -> str | None:
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
