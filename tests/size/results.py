"""What tasks sent to the driver, from the counters that Spark keeps of its stages."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession


def stages_after(spark: SparkSession, stage: int) -> list[tuple[int, int]]:
    """Number and result bytes of every stage after this one that Spark remembers."""
    context: Any = spark.sparkContext
    gateway = context._gateway
    context._jsc.sc().listenerBus().waitUntilEmpty()
    store = context._jsc.sc().statusStore()
    stages = store.stageList(None, False, False, gateway.new_array(gateway.jvm.double, 0), None)
    found = []
    for place in range(stages.size()):  # the newest comes first
        one = stages.apply(place)
        if one.stageId() <= stage:
            break
        found.append((int(one.stageId()), int(one.resultSize())))
    return found
