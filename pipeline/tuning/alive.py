"""Whether Spark is still there: a trial that fails because it is gone has not failed."""

from __future__ import annotations

from pyspark.sql import SparkSession

from pipeline.errors import TransientError


def validate_alive(spark: SparkSession, failed: str) -> None:
    """To be asked when a trial `failed`, before that is put on record.

    Raises TransientError when the session was stopped, and py4j's own error when the JVM is gone.
    """
    context = spark.sparkContext._jsc
    if context is None or context.sc().isStopped():
        raise TransientError(
            f"Spark was stopped while trials ran: {failed}. What had ended is on record. Next: run the "
            "same command again; it goes on from there."
        )
