"""An exception as one sentence and an exit code. What has no sentence is unexpected: exit 1, and a log."""

from __future__ import annotations

from pipeline.explain.failure import INTERRUPTED, Failure, explain, is_of_the_machines
from pipeline.explain.refusals import capital, spark_words

__all__ = ["INTERRUPTED", "Failure", "capital", "explain", "is_of_the_machines", "spark_words"]
