"""The formats of files. To add one: its name in pipeline/config/formats.py, a file here, a line below."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.config.formats import Format
from pipeline.config.sources import Source
from pipeline.steps.ingest.formats.avro import Avro
from pipeline.steps.ingest.formats.base import FileFormat
from pipeline.steps.ingest.formats.csv import Csv
from pipeline.steps.ingest.formats.delta import Delta
from pipeline.steps.ingest.formats.json import Json
from pipeline.steps.ingest.formats.orc import Orc
from pipeline.steps.ingest.formats.parquet import Parquet

FORMATS: Mapping[Format, type[FileFormat]] = {
    made.name: made for made in (Csv, Json, Parquet, Orc, Avro, Delta)
}


def format_of(name: str, source: Source) -> FileFormat:
    """How the files of a source are read.

    Raises:
        ConfigError: an option that the format does not honour, or a value that cannot be.
    """
    return FORMATS[source.file_format or "csv"](name, source)
