"""The versions inside the driver's JVM, and inside that of each executor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Row, SparkSession

from pipeline.doctor.machine import Jvm
from pipeline.doctor.words import DRIVER

# Spark calls these in the task that computes the row, so they answer for that task's JVM.
_ASKED = {
    "process": "'java.lang.ProcessHandle', 'current'",
    "host": "'org.apache.spark.util.Utils', 'localHostName'",
    "java": "'java.lang.System', 'getProperty', 'java.version'",
    "scala": "'scala.util.Properties', 'versionNumberString'",
    "spark": "'org.apache.spark.package', 'SPARK_VERSION'",
}
_DELTA = {"delta": "'io.delta.package', 'VERSION'"}


def driver_jvm(spark: SparkSession) -> Jvm:
    """The driver's own, by direct calls: milliseconds."""
    jvm: Any = spark._jvm
    java = str(jvm.java.lang.System.getProperty("java.version"))
    scala = str(jvm.scala.util.Properties.versionNumberString())
    try:
        delta = str(getattr(jvm.io.delta, "package").VERSION())  # noqa: B009 - the name is a word of Python's
    except (Py4JError, TypeError):
        delta = ""
    return Jvm(DRIVER, java, scala, str(spark.version), delta)


def executor_jvms(spark: SparkSession, slots: int, labels: Mapping[tuple[str, str], str]) -> tuple[Jvm, ...]:
    """One for each JVM that took a task of one job of `slots`; `labels` by its host and process.

    An executor without Delta's classes fails the question for all, so without them it is asked again.
    """
    try:
        rows, lacks_delta = _rows(spark, slots, {**_ASKED, **_DELTA}), False
    except (PySparkException, Py4JJavaError) as error:
        if "io.delta" not in str(error):
            raise
        rows, lacks_delta = _rows(spark, slots, _ASKED), True
    found = {}
    for row in rows:
        label = labels.get((row["host"], row["process"]), f"an executor on {row['host']}")
        delta = "" if lacks_delta else row["delta"]
        found[label] = Jvm(label, row["java"], row["scala"], row["spark"], delta)
    return tuple(found[label] for label in sorted(found))


def _rows(spark: SparkSession, slots: int, asked: Mapping[str, str]) -> list[Row]:
    """One row per slot: as many as the cluster has, however large the data."""
    calls = [f"java_method({call}) AS {name}" for name, call in asked.items()]
    return spark.range(0, slots, 1, slots).selectExpr(*calls).collect()
