"""What a piece of work cost, from Spark's own counters: jobs, bytes, and processor time of the whole JVM."""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Usage:
    """Seconds on the clock and of processors; bytes that tasks read from tables and files, and sent back."""

    seconds: float
    cpu_seconds: float
    jobs: int
    input_bytes: int
    shuffle_bytes: int
    result_bytes: int
    jvm_bytes: int
    """The most memory that the JVM, driver and executor in one, held; 0 where no kernel tells."""
    driver_bytes: int
    """The most that Python held on the driver."""


def measured(spark: SparkSession, work: Callable[[], object]) -> Usage:
    """Do some work and say what it cost. It does not pay for what the work before it left to be collected."""
    gc.collect()  # Python lets go of what it holds in the JVM
    jvm: Any = spark._jvm
    jvm.java.lang.System.gc()
    before = _counters(spark)
    processes = (_jvm_process(spark), os.getpid())
    for process in processes:
        _forget_peak(process)
    cpu, clock = _cpu_seconds(spark), time.monotonic()
    work()
    seconds, cpu = time.monotonic() - clock, _cpu_seconds(spark) - cpu
    after = _counters(spark)
    new = [after[stage] for stage in after.keys() - before.keys() if stage[0] == "stage"]
    jobs = sum(1 for kind, _ in after.keys() - before.keys() if kind == "job")
    read, shuffled, sent = (sum(values[place] for values in new) for place in range(3))
    return Usage(seconds, cpu, jobs, read, shuffled, sent, *map(_peak, processes))


def _jvm_process(spark: SparkSession) -> int:
    jvm: Any = spark._jvm
    return int(jvm.java.lang.ProcessHandle.current().pid())


def _forget_peak(process: int) -> None:
    """Linux keeps the highest resident size since it was last told to forget it."""
    with suppress(OSError):
        Path(f"/proc/{process}/clear_refs").write_text("5")


def _peak(process: int) -> int:
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def _counters(spark: SparkSession) -> dict[tuple[str, int], tuple[int, int, int]]:
    """Every job and stage that Spark remembers."""
    context: Any = spark.sparkContext
    gateway = context._gateway
    context._jsc.sc().listenerBus().waitUntilEmpty()
    store = context._jsc.sc().statusStore()
    stages = store.stageList(None, False, False, gateway.new_array(gateway.jvm.double, 0), None)
    found = {}
    for index in range(stages.size()):
        stage = stages.apply(index)
        values = (stage.inputBytes(), stage.shuffleReadBytes(), stage.resultSize())
        found["stage", stage.stageId()] = values
    jobs = store.jobsList(None)
    return found | {("job", jobs.apply(index).jobId()): (0, 0, 0) for index in range(jobs.size())}


def _cpu_seconds(spark: SparkSession) -> float:
    jvm: Any = spark._jvm
    bean = jvm.java.lang.management.ManagementFactory.getOperatingSystemMXBean()
    # The bean's class is not public: its method is reached through its interface.
    kind = jvm.java.lang.Class.forName("com.sun.management.OperatingSystemMXBean")
    gateway: Any = spark.sparkContext._gateway
    none = gateway.new_array(jvm.java.lang.Class, 0)
    method = kind.getMethod("getProcessCpuTime", none)
    return float(method.invoke(bean, gateway.new_array(jvm.java.lang.Object, 0))) / 1e9
