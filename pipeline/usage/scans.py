"""Which files were opened by the queries since some moment, from the plans that Spark keeps of them.

Spark remembers the last 1,000 queries (`spark.sql.ui.retainedExecutions`): of a longer search, what went
before them is not counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from pyspark.sql import SparkSession

from pipeline.lake.names import CONTRACTS, INTENTS, LEDGER, MANIFEST, RUNS

SOURCES, WORK, BOOKKEEPING = "sources", "work", "bookkeeping"
_CONTROL = (CONTRACTS, INTENTS, LEDGER, MANIFEST, RUNS)
_FILES, _SIZE = "number of files read", "size of files read"
_LOCATION = re.compile(r"Location: (\w+)\s*(?:\([^)]*\))?\s*\[([^\]]*)")
_QUANTITY = re.compile(r"([\d.,]+)\s*([KMGTPE]?)i?B")
_COUNTER = re.compile(rf"SQLPlanMetric\({_FILES},(\d+),")
_UNITS = " KMGTPE"
_AT_ONCE = 50


def last_execution(spark: SparkSession) -> int:
    """The number of the newest query, -1 before the first."""
    store = _store(spark)
    count = store.executionsCount()
    return -1 if not count else int(store.executionsList(count - 1, 1).apply(0).executionId())


def scans_since(spark: SparkSession, execution: int, root: str) -> dict[str, tuple[int, int]]:
    """Place → scans, and the bytes of the files that they opened, of queries after this one.

    A scan whose result was taken from the cache opened nothing, and is none.
    """
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    store = _store(spark)
    found: dict[str, tuple[int, int]] = {}
    for number in _numbers_after(store, execution):
        metrics = store.executionMetrics(number)
        details = json.loads(store.planGraph(number).makeNodeDetailsJson(metrics))
        nodes = list(_scan_nodes(details))
        if len(set(nodes)) < len(nodes):
            nodes = _apart(store, number, metrics, nodes)
        for described, size in nodes:
            place = place_of(described, root)
            scans, read = found.get(place, (0, 0))
            found[place] = (scans + 1, read + size)
    return found


def _store(spark: SparkSession) -> Any:
    session: Any = spark._jsparkSession
    return session.sharedState().statusStore()


def _numbers_after(store: Any, execution: int) -> Iterator[int]:
    """The newest first, some at a time."""
    end = int(store.executionsCount())
    while end > 0:
        begin = max(0, end - _AT_ONCE)
        some = store.executionsList(begin, end - begin)
        for place in reversed(range(some.size())):
            number = int(some.apply(place).executionId())
            if number <= execution:
                return
            yield number
        end = begin


def _scan_nodes(details: Any) -> Iterator[tuple[str, int]]:
    """Description and bytes of every scan that opened files."""
    nodes = details.values() if isinstance(details, Mapping) else details
    for node in nodes:
        metrics = {metric["name"]: metric["value"] for metric in node.get("metrics", ())}
        if node["name"].startswith("Scan") and metrics.get(_FILES, "0") != "0":
            yield node["desc"], bytes_of(metrics.get(_SIZE, ""))


def _apart(store: Any, number: int, metrics: Any, nodes: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Each scan once: one below cached rows is drawn wherever they are used, with the same counters."""
    counters = set(_COUNTER.findall(store.execution(number).get().metrics().mkString(";")))
    counted = counters & set(metrics.keys().mkString(",").split(","))
    return nodes if len(nodes) <= len(counted) else list(dict.fromkeys(nodes))


def place_of(described: str, root: str) -> str:
    """Whose files a scan opens, by its description in a plan.

    >>> place_of("FileScan parquet [id#1] Location: PreparedDeltaFileIndex(1 paths)[file:/l/silver_a]", "/l")
    'silver_a'
    """
    found = _LOCATION.search(described)
    if found is None:
        return SOURCES
    index, location = found[1], unquote(found[2])
    lake = re.sub(r"^\w+:/*", "/", root)
    if "DeltaLog" in index or "_delta_log" in location:
        return BOOKKEEPING
    _, is_in_lake, inside = location.partition(f"{lake}/")
    if not is_in_lake:
        return SOURCES
    name = re.split(r"[/,\]]", inside)[0].rstrip(".")
    if name in _CONTROL:
        return BOOKKEEPING
    return WORK if name.startswith("_") else name


def bytes_of(shown: str) -> int:
    """A size as Spark shows it, of several lines the last: its total comes first there.

    >>> bytes_of("12.5 KiB")
    12800
    """
    found = _QUANTITY.search(shown.rpartition("\\n")[2])
    if found is None:
        return 0
    return round(float(found[1].replace(",", "")) * 1024.0 ** _UNITS.index(found[2] or " "))
