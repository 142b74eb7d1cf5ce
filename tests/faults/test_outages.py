"""A real tracking server that is away, slow, or dies: exit 75 with a sentence, and the next run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake
from tests.faults.outages import Known, outages, team
from tests.faults.shop import NAME, TRIALS

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]

AGAIN = ". Next: see that it runs and that this machine may reach it, then run the same command again."
BUSY = (
    " answers 503 (Service Unavailable) and goes on so: it is busy, or its database is away. Next: see what "
    "it logs, then run the same command again."
)


def test_a_run_gives_up_with_a_sentence_and_the_next_one_goes_on(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A test has less patience than a night: each call is tried twice, for eight seconds.
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "8")
    with team(tmp_path) as one:
        away = f"The tracking store {one.way.uri}"
        down, slow, uploading, registering, reading, quiet = outages(one, slow=9.0)
        again = one.run("nothing new", "run")

    broke = f"{away} cannot be reached: the connection broke{AGAIN}"
    assert (down.code, down.message) == (75, broke)
    assert Lake(spark, str(one.shop.lake)).exists(f"features_{NAME}")  # no server is needed for it
    assert (slow.code, slow.message) == (75, f"{away} cannot be reached: no answer in time{AGAIN}")

    assert (uploading.code, uploading.message, uploading.has_happened) == (75, broke, True)
    left = uploading.known
    assert left is not None
    assert (len(left.trials), left.versions, left.aliases) == (TRIALS, (), {})
    assert (registering.code, registering.message, registering.has_happened) == (75, f"{away}{BUSY}", True)
    assert registering.known == left
    assert (reading.code, reading.message, reading.has_happened) == (75, broke, True)
    assert reading.known == Known(left.trials, frozenset({"FINISHED"}), (1,), {"challenger": 1})

    whole = Known(left.trials, frozenset({"FINISHED"}), (1,), {"challenger": 1, "champion": 1})
    assert (quiet.code, quiet.known) == (0, whole)
    assert again.code == 0
