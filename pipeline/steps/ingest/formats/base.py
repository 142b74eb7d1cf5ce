"""What every format says of itself: one subclass, one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pyspark.sql import DataFrame, SparkSession

from pipeline.config.formats import Format
from pipeline.config.sources import Source
from pipeline.lake.hadoop import FileInfo, Files
from pipeline.steps.ingest.dialect import read_dialect
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.opening import Head, Opening
from pipeline.steps.ingest.transforms import CORRUPT, SOURCE_FILE


@dataclass(frozen=True)
class Listing:
    """What there is to look at, what to remember without landing it, and what to say of it."""

    files: Sequence[FileInfo]
    ignored: Sequence[FileInfo] = ()
    told: Sequence[str] = ()


class FileFormat(ABC):
    """How the files of one source are found, looked at and read; it keeps nothing else."""

    name: ClassVar[Format]
    options: ClassVar[tuple[str, ...]] = ()
    """The options of a source that are honoured; any other is refused."""

    most_files: ClassVar[int | None] = None
    """How many files make one batch at most, where it is not bytes alone that count."""

    def __init__(self, source_name: str, source: Source) -> None:
        """Raise ConfigError for an option that the format does not honour, or a value that cannot be."""
        self.source_name = source_name
        self.source = source
        self.dialect = read_dialect(source_name, source, self.options)

    def listed(self, files: Files, known: Sequence[Entry]) -> Listing:
        """The files that there are now; `known` are those that have landed or were left out."""
        return Listing(files.find(self.source.path))

    @abstractmethod
    def opening(self, path: str, head: Head) -> Opening:
        """The facts that the first bytes of a file tell.

        Raises:
            UnreadableFile: it is no file of this format.
            DataRefused: it cannot land under the names it gives its columns.
        """

    @abstractmethod
    def records(self, spark: SparkSession, files: Sequence[Entry]) -> DataFrame:
        """The records of files that have some: the received columns, `_source_file` and `_corrupt_record`."""

    def is_filled(self, file: Entry) -> bool:
        """Whether there is anything to read."""
        return file.size > 0

    def common_columns(self, files: Sequence[Entry], records: DataFrame) -> list[str] | None:
        """The received columns that every one of the files has; None in a format without columns."""
        return [name for name in records.columns if name not in (SOURCE_FILE, CORRUPT)]
