"""A run killed eight times, by SIGKILL, ends in the tables of a run that nobody touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.chain import killed_in_a_row
from tests.faults.kills import AtRandom
from tests.faults.scenarios import BRONZE, QUARANTINE, SILVER, committed, loads

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]

EIGHT_KILLS = loads(
    "load",
    2,
    *committed("ingest", 1, "manifest"),
    AtRandom(seed=1, most_files=8),
    *committed("ingest", 2, BRONZE),
    *committed("clean", 1, "intents", QUARANTINE, SILVER),
    AtRandom(seed=9, most_files=12),
    *committed("clean", 2, "ledger"),
)


def test_killed_eight_times_no_row_is_lost_or_doubled(spark: SparkSession, tmp_path: Path) -> None:
    found = list(killed_in_a_row(spark, tmp_path, EIGHT_KILLS))

    assert [(each.where, each.difference) for each in found if not each.difference.is_none] == []
    assert [each.is_hit for each in found] == [True] * 8 + [False] * 2
    assert (found[-1].seen.batches, found[-1].seen.rows) == (2, 48)
