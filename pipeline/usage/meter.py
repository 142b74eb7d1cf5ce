"""A meter around a piece of work; Spark keeps the counters, and this reads them at both ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from pipeline.usage.scans import last_execution, scans_since
from pipeline.usage.totals import cached_bytes, shuffled_bytes


@dataclass(frozen=True)
class Usage:
    """Bytes, and how often the files of a place were opened.

    A place is the name of a table, `sources` for files outside of the lake, `work` for what a search keeps in
    files, or `bookkeeping` for control tables and Delta's logs.
    """

    scans: Mapping[str, int] = field(default_factory=dict)
    read_bytes: Mapping[str, int] = field(default_factory=dict)
    """The sizes of the files that scans opened; of a file, fewer bytes may be read."""
    shuffled_bytes: int = 0
    cached_bytes: int = 0
    """The most that was in Spark's cache, in memory and on disk, whenever `note_cached` looked."""


class Meter:
    """Counts from the moment it is made; `usage` is known once it is closed."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._spark, self._root = spark, root
        self._execution = last_execution(spark)
        self._shuffled = shuffled_bytes(spark)
        self._cached_before = cached_bytes(spark)
        self._cached = 0
        self.usage = Usage()

    def look(self) -> None:
        """Remember what is cached now, if that is the most so far."""
        self._cached = max(self._cached, cached_bytes(self._spark) - self._cached_before)

    def close(self) -> None:
        """Read the counters."""
        self.look()
        found = scans_since(self._spark, self._execution, self._root)
        self.usage = Usage(
            {place: scans for place, (scans, _) in found.items()},
            {place: size for place, (_, size) in found.items()},
            shuffled_bytes(self._spark) - self._shuffled,
            self._cached,
        )


_open: list[Meter] = []


@contextmanager
def metered(spark: SparkSession, root: str) -> Iterator[Meter]:
    """Measure what happens inside, for a lake at `root`. What cannot be read is not counted."""
    meter = None
    with suppress(Py4JError, AttributeError):
        meter = Meter(spark, root)
        _open.append(meter)
    try:
        yield meter or _Nothing()
    finally:
        if meter is not None:
            _open.remove(meter)
            with suppress(Py4JError, AttributeError):
                meter.close()


class _Nothing(Meter):
    """Measures nothing: there is no Spark to ask."""

    def __init__(self) -> None:
        self.usage = Usage()


def note_cached() -> None:
    """Called just before something cached is let go of, so that open meters know how much it was."""
    for meter in _open:
        with suppress(Py4JError, AttributeError):
            meter.look()
