"""Start and end the JVM that PySpark talks to, with all it prints going to a log file."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyspark
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway

PATIENCE = 20.0  # seconds for a JVM to end by itself before it is killed


def open_gateway(conf: Mapping[str, str], log: IO[bytes], **environment: str) -> Any:
    """Launch a JVM whose stdout and stderr, and those of its Python workers, are `log`.

    It gets our environment with `environment` over it. PySpark's launcher makes it ignore Ctrl-C, so that
    Python can end cleanly first. SPARK_HOME is set because Spark's script that looks for it does not quote
    PYSPARK_PYTHON and so breaks in a path with a space.
    """
    spark_conf = SparkConf(loadDefaults=False)
    for key, value in conf.items():
        spark_conf.set(key, value)
    home = os.environ.get("SPARK_HOME") or str(Path(pyspark.__file__).parent)
    with _environment(SPARK_HOME=home, **environment):
        return launch_gateway(spark_conf, popen_kwargs={"stdout": log, "stderr": log})


def close_gateway(gateway: Any, patience: float = PATIENCE) -> None:
    """End the JVM process itself, not only the connection to it; kill it after `patience` seconds."""
    gateway.shutdown()
    process = gateway.proc
    if process is None:
        return
    process.stdin.close()  # the JVM ends when this pipe does
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if SparkContext._gateway is gateway:
        SparkContext._gateway = None
        SparkContext._jvm = None


def tail(log: IO[bytes], lines: int = 3) -> str:
    """The last lines of a log, on one line, for an error sentence; at most 600 characters.

    Read at an offset, not by seeking: the JVM shares the file's position and would write there.
    """
    size = os.fstat(log.fileno()).st_size
    start = max(0, size - 8192)
    text = os.pread(log.fileno(), size - start, start).decode("utf-8", errors="replace")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(said[-lines:])[-600:] or "nothing"


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set environment variables for the launch alone, then put back what was there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
