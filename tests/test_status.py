from __future__ import annotations

from datetime import datetime, timezone

from pipeline.lake import LedgerEntry
from pipeline.lake.runs import RunRow
from pipeline.status import Waiting, _waiting

NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)
REFUSED = (
    "clean refused batch 2 of houses: all 3 rows are bad. Nothing was written. Correct the rule.\n"
    "clean refused batch 7 of boats: all 9 rows are bad. Nothing was written. Correct the rule."
)


class Landed:
    """A ledger in which every source landed three batches, and cleaned or refreshed some."""

    def __init__(self, **done: LedgerEntry) -> None:
        self.done = done

    def last(self, step: str, name: str) -> LedgerEntry | None:
        return entry("ingest", 3) if step == "ingest" else self.done.get(f"{name}_{step}")

    def entries(self, step: str, name: str, *, after: int, limit: int) -> list[LedgerEntry]:
        return [entry(step, batch) for batch in (3, 2, 1) if batch > after]


def entry(step: str, batch_id: int, **details: str) -> LedgerEntry:
    return LedgerEntry(step, "any", batch_id, {}, {}, "", NOON, NOON, details)


def test_what_waits_is_found_by_the_ledger_and_why_by_the_last_words_of_clean():
    ledger = Landed(
        houses_clean=entry("clean", 1),
        boats_clean=entry("clean", 1),
        boats_refresh=entry("refresh", 1, through_batch="2"),
        towns_refresh=entry("refresh", 4, through_batch="3"),
    )
    runs = [
        RunRow("ingest", "done", 0, NOON, 1.0, ""),
        RunRow("clean", "refused", 3, NOON, 1.0, REFUSED),
        RunRow("clean", "done", 0, NOON, 1.0, "clean refused batch 3 of boats: an older word."),
    ]

    found = list(_waiting(ledger, ("houses", "boats", "towns"), runs))  # type: ignore[arg-type]

    assert found == [Waiting("houses", (2, 3), "all 3 rows are bad."), Waiting("boats", (3,))]
