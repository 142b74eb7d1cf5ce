"""What a session has to work with: slots, room for caches, and how it cuts what it reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from pipeline.local import machine_memory

_SPLIT, _OPENING = 128 * 2**20, 4 * 2**20


@dataclass(frozen=True)
class Cluster:
    """Slots are tasks at once; `cache_bytes` is what all executors may keep and shuffle in memory."""

    slots: int
    cache_bytes: int
    is_local: bool
    machine_bytes: int
    """The memory of the driver's machine, which locally the tasks' Python has to share."""

    def partitions(self, size: int, files: int = 1) -> int:
        """Into how many pieces Spark cuts files of so many bytes, by its own rule."""
        share = (size + files * _OPENING) / max(1, self.slots)
        return max(1, math.ceil(size / min(_SPLIT, max(_OPENING, share))))


def cluster_of(spark: SparkSession) -> Cluster:
    """The session's cluster, asked of the driver alone."""
    context: Any = spark.sparkContext._jsc.sc()
    found = context.statusStore().executorList(True)
    executors = [found.apply(place) for place in range(found.size())]
    others = [executor for executor in executors if executor.id() != "driver"]
    return Cluster(
        slots=max(1, spark.sparkContext.defaultParallelism),
        cache_bytes=sum(int(executor.maxMemory()) for executor in others or executors),
        is_local=bool(context.isLocal()),
        machine_bytes=machine_memory(),
    )
