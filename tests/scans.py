"""How many queries ran, and how many files of a table they opened, from Spark's own records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import SparkSession

_SHOWN = "spark.sql.maxMetadataStringLength"


class Queries:
    """The queries of a session; `count` is known when the block has ended."""

    count = 0


@contextmanager
def queries_of(spark: SparkSession) -> Iterator[Queries]:
    """Count the queries that are executed while the block runs, however many jobs each takes."""
    bus: Any = spark.sparkContext._jsc.sc().listenerBus()
    store: Any = spark._jsparkSession.sharedState().statusStore()
    bus.waitUntilEmpty()
    before = {execution.executionId() for execution in _items(store.executionsList())}
    queries = Queries()
    yield queries
    bus.waitUntilEmpty()
    after = {execution.executionId() for execution in _items(store.executionsList())}
    queries.count = len(after - before)


class Scans:
    """The scans of one table; `files` is known when the block has ended."""

    files = 0


@contextmanager
def scans_of(spark: SparkSession, table: str) -> Iterator[Scans]:
    """Count the data files that every scan of the table at this path opens while the block runs."""
    bus: Any = spark.sparkContext._jsc.sc().listenerBus()
    store: Any = spark._jsparkSession.sharedState().statusStore()
    bus.waitUntilEmpty()
    before = {execution.executionId() for execution in _items(store.executionsList())}
    scans = Scans()
    # Of a long path a plan tells only the beginning otherwise.
    shown = str(spark.conf.get(_SHOWN))
    spark.conf.set(_SHOWN, "1000")
    try:
        yield scans
    finally:
        spark.conf.set(_SHOWN, shown)
    bus.waitUntilEmpty()
    for execution in _items(store.executionsList()):
        if execution.executionId() not in before:
            scans.files += _files(store, execution.executionId(), table)


def _files(store: Any, execution: int, table: str) -> int:
    values, found = store.executionMetrics(execution), 0
    for node in _items(store.planGraph(execution).allNodes()):
        place = node.desc().replace("%20", " ")
        if node.name().startswith("Scan parquet") and table in place and "_delta_log" not in place:
            counters = [
                metric for metric in _items(node.metrics()) if metric.name() == "number of files read"
            ]
            read = [values.get(metric.accumulatorId()) for metric in counters]
            found += sum(int(value.get()) for value in read if value.isDefined())
    return found


def _items(sequence: Any) -> list[Any]:
    return [sequence.apply(index) for index in range(sequence.size())]
