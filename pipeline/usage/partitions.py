"""How many pieces a shuffle begins with: as many as its bytes ask for, before Spark joins small ones."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

INITIAL = "spark.sql.adaptive.coalescePartitions.initialPartitionNum"
_PARTITIONS, _ADAPTIVE = "spark.sql.shuffle.partitions", "spark.sql.adaptive.enabled"
PIECE = 64 * 2**20
"""Bytes of one piece: what Spark aims at when it joins them (`advisoryPartitionSizeInBytes`)."""
_MOST = 20_000


def pieces_of(size: int, usual: int) -> int:
    """The pieces of a shuffle of so many bytes; never fewer than usual, as joining them is cheap.

    >>> pieces_of(10 * 2**30, usual=200), pieces_of(2**40, usual=200)
    (200, 16384)
    """
    return min(_MOST, max(usual, math.ceil(size / PIECE)))


@contextmanager
def cut_for(spark: SparkSession, size: int) -> Iterator[None]:
    """Let shuffles inside begin with pieces for so many bytes; what the user has set stays, and comes back.

    Without it a shuffle of terabytes has as many pieces as one of megabytes, each too large for a task.
    """
    if size <= PIECE:
        yield
        return
    usual = int(spark.conf.get(_PARTITIONS) or 0)
    wanted = pieces_of(size, usual)
    is_adaptive = str(spark.conf.get(_ADAPTIVE)).lower() == "true"
    if not is_adaptive or wanted == usual or spark.conf.get(INITIAL, None) is not None:
        yield
        return
    spark.conf.set(INITIAL, str(wanted))
    try:
        yield
    finally:
        spark.conf.unset(INITIAL)
