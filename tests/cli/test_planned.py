from __future__ import annotations

from datetime import datetime, timezone

import pytest
from rich.console import Console

from pipeline.cli.planned import actual_table, plan_parts
from pipeline.cli.text import size
from pipeline.lake import RunRow
from pipeline.plan import Memory, Plan, Read, StepPlan
from pipeline.plan.cluster import Cluster

NOON = datetime(2024, 6, 1, 12, 0, tzinfo=timezone.utc)
FOUND = Plan(
    "flights",
    "/lake",
    Cluster(slots=4, cache_bytes=3_000_000_000, is_local=True, machine_bytes=16_000_000_000),
    (
        StepPlan("ingest", False, "no new file"),
        StepPlan(
            "train",
            True,
            "there is no champion yet",
            reads=(Read("features_flights", 7_340_000, 7, 4, 336_776, is_guess=True),),
            fits={"local": 12, "winner": 1},
            cached_bytes=52_000_000,
            partitions=4,
            memory=(Memory("one task", 126_000_000, 100_000_000, "all workers train together"),),
            notes=("the search may end early",),
        ),
    ),
)


def printed(*parts: object) -> list[str]:
    console = Console(width=200, highlight=False, color_system=None)
    with console.capture() as caught:
        for part in parts:
            console.print(part)
    return [" ".join(line.split()) for line in caught.get().splitlines()]


def test_a_plan_says_what_each_step_would_use_and_why() -> None:
    assert printed(*plan_parts(FOUND)) == [
        "Project flights /lake",
        "Spark 4 tasks at once, 3 GB to cache and shuffle in",
        "Steps",
        "step due to read scans partitions fits cached shuffled why",
        "ingest no no new file",
        "train yes ~51 MB 7 4 12 local, 1 winner ~52 MB there is no champion yet",
        "What is read",
        "step bytes scans rows",
        "train features_flights ~7.3 MB 7 × 336,776",
        "Whose memory",
        "step needed bound",
        "train one task 126 MB 100 MB all workers train together",
        "train: the search may end early",
    ]


def test_planned_stands_beside_used_and_what_only_one_of_them_says_too() -> None:
    planned = {"read_bytes": 10_000, "scans": 4, "fits_local": 12}
    used = {"read_bytes": 9_000, "scans": 4, "read_bytes.features_flights": 9_000}
    assert printed(actual_table([RunRow("train", "done", 0, NOON, 1.0, "", planned, used)])) == [
        "step planned used used / planned",
        "train fits local 12",
        "train read bytes 10 KB 9 KB 0.90",
        "train scans 4 4 1.00",
        "train read bytes of features_flights 9 KB",
    ]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1 KB"),
        (4_120, "4.1 KB"),
        (12_300_000, "12 MB"),
        (3 * 10**12, "3 TB"),
    ],
)
def test_sizes_are_short(number: int, words: str) -> None:
    assert size(number) == words
