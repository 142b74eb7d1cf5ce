"""Totals that Spark keeps for its executors, however many stages there were."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def shuffled_bytes(spark: SparkSession) -> int:
    """Bytes that tasks have written for others to read, since Spark began; dead executors included."""
    context: Any = spark.sparkContext._jsc.sc()
    context.listenerBus().waitUntilEmpty()
    executors = context.statusStore().executorList(False)
    return sum(int(executors.apply(place).totalShuffleWrite()) for place in range(executors.size()))


def cached_bytes(spark: SparkSession) -> int:
    """Bytes of all that is persisted now, in memory and on disk; without what Delta keeps of its logs."""
    context: Any = spark.sparkContext._jsc.sc()
    kept = [one for one in context.getRDDStorageInfo() if not one.name().startswith("Delta Table State")]
    return sum(int(one.memSize()) + int(one.diskSize()) for one in kept)
