from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Intents, Lake, Ledger, LedgerEntry, RunRow, Runs
from pipeline.lake.control import ControlTable

pytestmark = pytest.mark.spark

NOON = datetime(2024, 6, 1, 12, 0, tzinfo=timezone.utc)
EVENING = datetime(2024, 6, 1, 18, 30, 5, 123456, tzinfo=timezone.utc)

BATCH_1 = LedgerEntry(
    step="clean",
    name="houses",
    batch_id=1,
    rows={"read": 3, "inserted": 2, "quarantined": 1},
    tables={"silver_houses": 0},
    fingerprint="abc",
    started_at=NOON,
    finished_at=EVENING,
    details={"dropped": "none"},
)
BATCH_2 = replace(BATCH_1, batch_id=2, tables={"silver_houses": 4}, details={})


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lake:
    return Lake(spark, str(tmp_path))


def test_an_entry_comes_back_as_written(lake: Lake) -> None:
    Ledger(lake).append(BATCH_1)

    assert Ledger(lake).last("clean", "houses") == BATCH_1
    assert Ledger(lake).last("clean", "cars") is None


def test_the_last_entry_wins_and_replays_change_nothing(lake: Lake) -> None:
    ledger = Ledger(lake)
    assert ledger.next_batch("clean", "houses") == 1

    ledger.append(BATCH_1)
    ledger.append(BATCH_2)
    ledger.append(replace(BATCH_1, fingerprint="a replay"))
    ledger.append(replace(BATCH_1, name="cars"))

    for reader in (ledger, Ledger(lake)):
        assert reader.last("clean", "houses") == BATCH_2
        assert reader.next_batch("clean", "houses") == 3
        assert reader.published_version("clean", "houses", "silver_houses") == 4
        assert reader.published_version("clean", "houses", "silver_boats") is None
        assert reader.published_version("clean", "boats", "silver_boats") is None
        assert reader.last("clean", "cars") == replace(BATCH_1, name="cars")


def test_silver_is_published_by_whoever_wrote_it_last(lake: Lake) -> None:
    ledger = Ledger(lake)
    ledger.append(BATCH_2)
    ledger.append(replace(BATCH_1, step="replay", tables={"silver_houses": 6, "quarantine_houses": 3}))
    ledger.append(replace(BATCH_1, step="discard", tables={"quarantine_houses": 4}))
    ledger.append(replace(BATCH_1, step="features", tables={"silver_houses": 9}))

    assert ledger.published_version("clean", "houses", "silver_houses") == 6
    assert ledger.published_version("clean", "houses", "quarantine_houses") == 4
    assert ledger.total("clean", "houses", "read", until=1) == 0
    assert ledger.total("clean", "houses", "read", until=2) == 3


def test_entries_are_filtered_newest_first(lake: Lake) -> None:
    ledger = Ledger(lake)
    assert ledger.entries() == []
    for batch_id in (1, 2, 3):
        ledger.append(replace(BATCH_1, batch_id=batch_id))
    ledger.append(replace(BATCH_1, step="ingest"))

    assert [entry.batch_id for entry in ledger.entries("clean", "houses")] == [3, 2, 1]
    assert [entry.batch_id for entry in ledger.entries("clean", "houses", after=1)] == [3, 2]
    assert [entry.batch_id for entry in ledger.entries("clean", "houses", limit=1)] == [3]
    assert [entry.step for entry in ledger.entries("ingest")] == ["ingest"]


def test_another_writer_is_seen(lake: Lake) -> None:
    reader = Ledger(lake)
    assert reader.last("clean", "houses") is None

    Ledger(lake).append(BATCH_1)

    assert reader.last("clean", "houses") == BATCH_1


def test_a_lake_that_was_made_anew_is_read_anew(lake: Lake) -> None:
    Ledger(lake).append(BATCH_1)
    assert Ledger(lake).last("clean", "houses") == BATCH_1

    shutil.rmtree(lake.path("ledger"))
    assert Ledger(lake).last("clean", "houses") is None

    Ledger(lake).append(BATCH_2)
    assert Ledger(lake).last("clean", "houses") == BATCH_2


def test_the_newest_entries_are_read_once(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger(lake).append(BATCH_1)
    Ledger(lake).last("clean", "houses")
    monkeypatch.setattr(ControlTable, "read", lambda table: pytest.fail("read again"))
    another = Lake(lake.spark, lake.root)

    assert Ledger(another).last("clean", "houses") == BATCH_1
    Ledger(another).append(BATCH_2)
    assert Ledger(lake).last("clean", "houses") == BATCH_2


def test_an_intent_is_frozen_by_the_first_who_opens_it(lake: Lake) -> None:
    intents = Intents(lake)
    assert intents.find("clean", "houses", 1) is None

    first = intents.open("clean", "houses", 1, {"silver_version_before": "3"}, NOON)
    again = intents.open("clean", "houses", 1, {"silver_version_before": "4"}, EVENING)

    assert first == again == Intents(lake).find("clean", "houses", 1)
    assert (first.details, first.opened_at) == ({"silver_version_before": "3"}, NOON)


def test_older_intents_are_found_too(lake: Lake) -> None:
    intents = Intents(lake)
    first = intents.open("clean", "houses", 1, {"a": "1"}, NOON)
    second = intents.open("clean", "houses", 2, {"a": "2"}, EVENING)

    assert intents.find("clean", "houses", 1) == first
    assert intents.find("clean", "houses", 2) == second
    assert intents.find("clean", "houses", 3) is None
    assert intents.find("clean", "cars", 1) is None


def test_runs_are_told_newest_first(lake: Lake) -> None:
    runs = Runs(lake)
    assert runs.last() == []

    ingest = RunRow("ingest", "done", 0, NOON, 1.5, "", {"scans": 1}, {"scans": 2, "scans.sources": 2})
    refused = RunRow("clean", "refused", 3, EVENING, 2.0, "clean refused batch 7 of houses")
    runs.record_run(ingest)
    runs.record_run(refused)

    assert runs.last() == [refused, ingest]
    assert runs.last(1) == [refused]
