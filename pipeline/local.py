"""Settings that suit Spark embedded on one machine; each is a default that the user's own wins over."""

from __future__ import annotations

import os
from pathlib import Path

JAVA_OPTIONS = "spark.driver.extraJavaOptions"
GIGABYTE = 1 << 30
# Java's second compiler competes with the work for the few cores of one machine, and most of what a short run
# compiles never repays it. With thirty times the usual thresholds a first table took a fifth less CPU, and so
# did a program over 3 million rows.
LATE_COMPILER = (
    "-XX:Tier4InvocationThreshold=150000 -XX:Tier4MinInvocationThreshold=20000"
    " -XX:Tier4CompileThreshold=450000 -XX:Tier4BackEdgeThreshold=4000000"
)
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def local_defaults() -> dict[str, str]:
    """For `local[...]` masters: small data, one process, nothing reachable from outside."""
    return {
        JAVA_OPTIONS: LATE_COMPILER,
        "spark.driver.memory": f"{driver_gigabytes(machine_memory())}g",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.adaptive.enabled": "true",
        "spark.sql.shuffle.partitions": str(max(4, 2 * (os.cpu_count() or 2))),
        "spark.databricks.delta.snapshotPartitions": "2",  # 50 by default: a second per write on small tables
    }


def driver_gigabytes(memory: int) -> int:
    """A quarter of the memory, 1 to 8 GB: the rest is for Python workers and native boosters."""
    return min(8, max(1, memory // 4 // GIGABYTE))


def machine_memory() -> int:
    """Bytes this process may use: the machine's or, if less, the container's; 4 GB when unknown."""
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        installed = 4 * GIGABYTE
    try:
        return min(installed, int(CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no limit reads "max"
        return installed
