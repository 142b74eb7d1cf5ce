"""The executors an application has, and jobs that ask each of them without waiting for ever."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark import SparkContext
from pyspark.sql import SparkSession

from pipeline.doctor.machine import is_one_machine
from pipeline.doctor.slots import DYNAMIC

_FIRST, _ALL, _QUIET, _LOOK_AGAIN = 60.0, 30.0, 1.5, 0.1
"""Seconds: for the first executor, for as many as were asked for, without news, between two looks."""


@dataclass(frozen=True)
class Executor:
    """One executor, as the driver knows it; in local mode the driver itself is one."""

    number: str
    host: str
    tasks: int


def is_dynamic(context: SparkContext) -> bool:
    """Whether executors come and go with the tasks there are."""
    return str(context.getConf().get(DYNAMIC, "false")).lower() == "true"


def is_cluster_mode(context: SparkContext) -> bool:
    """Whether the driver runs on a machine that the cluster's manager chose."""
    return context.getConf().get("spark.submit.deployMode", "client") == "cluster"


def local_folders(spark: SparkSession) -> list[str]:
    """Where the driver's own Spark shuffles and spills."""
    jvm: Any = spark._jvm
    folders = jvm.org.apache.spark.SparkEnv.get().blockManager().diskBlockManager().localDirs()
    return [folder.getPath() for folder in folders]


def executors(context: SparkContext) -> list[Executor]:
    """The executors there are now, by number."""
    scala: Any = context._jsc.sc()
    listed = scala.statusStore().executorList(True)
    rows = [listed.apply(place) for place in range(listed.size())]
    wanted = [row for row in rows if (row.id() == "driver") == is_one_machine(context.master or "")]
    found = [Executor(row.id(), row.hostPort().rpartition(":")[0], max(1, row.maxTasks())) for row in wanted]
    return sorted(found, key=lambda one: (len(one.number), one.number))


def wait_for_executors(context: SparkContext) -> list[Executor]:
    """The executors once they have come; none when none came within a minute.

    Managers start them one after the other, so it waits for the number that was asked for, or until no other
    comes. With dynamic allocation they come with tasks only, so nobody waits.
    """
    if is_one_machine(context.master or "") or is_dynamic(context):
        return executors(context)
    wanted = int(context.getConf().get("spark.executor.instances", "0") or 0)
    begun = changed = time.monotonic()
    found = executors(context)
    while True:
        now = time.monotonic()
        is_over = found and (
            len(found) >= wanted > 0 or (not wanted and now - changed >= _QUIET) or now - begun >= _ALL
        )
        if is_over or (not found and now - begun >= _FIRST):
            return found
        time.sleep(_LOOK_AGAIN)
        before, found = found, executors(context)
        changed = changed if len(before) == len(found) else now


def slots(context: SparkContext) -> int:
    """Tasks that can run at once now; 0 while there is no executor."""
    scala: Any = context._jsc.sc()
    profile = scala.resourceProfileManager().resourceProfileFromId(0)
    return int(scala.maxNumConcurrentTasks(profile))


@contextmanager
def time_limit(context: SparkContext, seconds: float) -> Iterator[None]:
    """Cancel this thread's jobs after so many seconds: without room on the cluster they would never end."""
    tag = f"doctor-{uuid.uuid4().hex}"
    timer = threading.Timer(seconds, context.cancelJobsWithTag, [tag])
    timer.daemon = True
    context.addJobTag(tag)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        context.removeJobTag(tag)
