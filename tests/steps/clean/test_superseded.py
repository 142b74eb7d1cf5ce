"""One row stays of a key, by a total order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.spark

Make = Callable[..., Any]


def test_one_row_stays_of_a_key_within_a_batch_and_across_batches(make_project: Make) -> None:
    project = make_project(key=["id"], deduplicate={"order_by": "changed"})
    project.land("a.csv", "id,price,changed", "1,10,5", "1,11,7", "1,12,6", "2,20,5", "3,30,5", "4,40,")
    project.clean()
    project.land("b.csv", "id,price,changed", "1,13,6", "2,21,5", "3,31,9", "4,41,", "5,50,1", "3,32,")

    project.clean()

    assert project.rows("silver_houses", "id", "price", "_batch_id") == [
        (1, 11, 1),  # batch 2 is older
        (2, 21, 2),  # a tie: the later batch
        (3, 31, 2),  # newer
        (4, 41, 2),  # neither says when: the later batch
        (5, 50, 2),  # new
    ]
    assert project.ledger(1) == {"read": 6, "superseded": 2, "inserted": 4}
    assert project.ledger(2) == {"read": 6, "superseded": 1, "inserted": 1, "updated": 3, "older": 1}


def test_a_bad_row_never_supersedes_a_good_one(make_project: Make) -> None:
    project = make_project(
        key=["id"],
        deduplicate={"order_by": "changed"},
        rules={"positive": {"check": "price > 0"}},
        max_quarantined=1,
    )
    project.land("a.csv", "id,price,changed", "1,10,5", "1,-1,9", "1,11,4")

    project.clean()

    assert project.rows("silver_houses", "id", "price", "changed") == [(1, 10, 5)]
    assert project.ledger(1) == {
        "read": 3,
        "quarantined": 1,
        "quarantined.positive": 1,
        "superseded": 1,
        "inserted": 1,
    }


def test_ties_are_broken_by_file_and_then_by_the_row(make_project: Make) -> None:
    project = make_project(key=["id"])
    (project.files / "b.csv").write_text("id,price\n1,20\n2,7\n2,7\n")
    project.land("a.csv", "id,price", "1,99", "3,1")

    project.clean()

    assert project.rows("silver_houses", "id", "price") == [(1, 20), (2, 7), (3, 1)]
    assert project.ledger(1) == {"read": 5, "superseded": 2, "inserted": 3}


def test_without_a_key_the_whole_row_is_one(make_project: Make) -> None:
    project = make_project()
    project.land("a.csv", "id,price", "1,10", "1,10", "1,11")
    project.clean()
    project.land("b.csv", "price,id", "10,1", "12,1")
    project.clean()

    assert project.rows("silver_houses", "id", "price", "_batch_id") == [(1, 10, 1), (1, 11, 1), (1, 12, 2)]
    keys = [row[0] for row in project.rows("silver_houses", "_key")]
    assert len(set(keys)) == 3
    assert {len(key) for key in keys} == {64}
    assert project.ledger(2) == {"read": 2, "inserted": 1, "older": 1}
