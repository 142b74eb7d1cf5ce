"""Killed or changed in the middle of a batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError
from pipeline.lake import Intents, Lake, Ledger
from pipeline.steps.clean import batch as batch_module
from tests.doubles import Killed, killed
from tests.small_project import NOON

pytestmark = pytest.mark.spark

Make = Callable[..., Any]


def test_killed_anywhere_and_done_again_the_tables_are_the_same(
    make_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(key=["id"], rules={"positive": {"check": "price > 0"}}, max_quarantined=1)
    project.land("a.csv", "id,price", "1,10", "2,20", "3,30")
    project.clean()
    project.land("b.csv", "id,price", "1,11", "2,-1", "4,40", "4,40")
    project.land("c.csv", "id,price", "5,50")

    for place, function in (
        (Intents, "open"),
        (batch_module, "write_quarantine"),
        (Lake, "merge"),
        (Ledger, "append"),
    ):
        with monkeypatch.context() as patched:
            patched.setattr(place, function, killed)
            with pytest.raises(Killed):
                project.clean(NOON + timedelta(hours=1))
    result = project.clean(NOON + timedelta(hours=2))

    assert project.rows("silver_houses", "id", "price", "_batch_id") == [
        (1, 11, 2),
        (2, 20, 1),
        (3, 30, 1),
        (4, 40, 2),
        (5, 50, 3),
    ]
    assert project.errors("id", "_batch_id") == [
        ("2", 2, [("positive", "price", "price > 0 is false: price = -1")])
    ]
    assert project.ledger(2) == {
        "read": 4,
        "quarantined": 1,
        "quarantined.positive": 1,
        "superseded": 1,
        "inserted": 1,
        "updated": 1,
    }
    assert project.ledger(3) == {"read": 1, "inserted": 1}
    assert result.rows["read"] == 5
    assert project.clean().changed is False


def test_settings_changed_in_the_middle_of_a_batch_are_refused(
    make_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_project(key=["id"])
    project.land("a.csv", "id,price", "1,10")
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", killed)
        with pytest.raises(Killed):
            project.clean()
    project.source["rules"] = {"positive": {"check": "price > 0"}}

    with pytest.raises(
        ConfigError, match=r"'sources\.houses' was changed while batch 1 of houses was half done, since"
    ):
        project.clean()

    del project.source["rules"]
    assert project.clean().rows["inserted"] == 1


def test_kept_rows_are_let_go_whatever_happens(spark: SparkSession) -> None:
    rows = spark.range(3)

    def refuse() -> None:
        with batch_module._kept(rows) as kept:
            assert kept.storageLevel.useMemory
            raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        refuse()

    assert not rows.storageLevel.useMemory
