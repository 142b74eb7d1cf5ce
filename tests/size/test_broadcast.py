"""Nothing is broadcast but what Spark finds to be small: a hint would override its bound."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

PIPELINE = Path(__file__).parents[2] / "pipeline"
HINT = re.compile(r"F\.broadcast\(|functions\.broadcast|\.hint\(|/\*\+|autoBroadcastJoinThreshold")
SENT = re.compile(r"\.broadcast\(")
# The booster of a fitted model: bounded by its trees, whatever the number of rows.
BOOSTER = "learners/boosting/model.py"


def test_no_code_tells_spark_to_broadcast_a_table() -> None:
    texts = {path.relative_to(PIPELINE).as_posix(): path.read_text() for path in PIPELINE.rglob("*.py")}
    assert [path for path, text in texts.items() if HINT.search(text)] == []
    assert [path for path, text in texts.items() if SENT.search(text)] == [BOOSTER]


@pytest.mark.spark
def test_sparks_own_bound_stands(spark: SparkSession) -> None:
    assert spark.conf.get("spark.sql.autoBroadcastJoinThreshold") == "10485760b"
