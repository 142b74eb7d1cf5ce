"""References to another source: which version is looked in, and one run over both."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.lake import Lake, Ledger
from pipeline.lake.intents import Intent
from pipeline.steps.clean.input import BatchInput
from pipeline.steps.clean.references import with_references_frozen
from pipeline.steps.clean.rules import Check, Reference, RowRule, Rules
from pipeline.steps.clean.step import run
from pipeline.steps.ingest.step import run as ingest
from tests.small_project import NOON

BATCH = BatchInput("clean", 7, None, 10, {"bronze_houses": 3}, details={"a": "b"})
PUBLISHED = {"towns": 5}


def rule(source: str) -> RowRule:
    check = Check(0, ("town",), "town", "true", "''", Reference(source, "name"))
    return RowRule(f"in_{source}", "references", "quarantine", (check,))


def frozen(rules: Rules, intent: Intent | None = None) -> BatchInput:
    def published_version(step: str, name: str, table: str) -> int | None:
        return PUBLISHED.get(name) if (step, table) == ("clean", f"silver_{name}") else None

    def find(step: str, name: str, batch_id: int) -> Intent | None:
        return intent if (step, name, batch_id) == ("clean", "houses", 7) else None

    books: Any = SimpleNamespace(
        ledger=SimpleNamespace(published_version=published_version), intents=SimpleNamespace(find=find)
    )
    work: Any = SimpleNamespace(name="houses", rules=rules)
    return with_references_frozen(books, work, BATCH)


def test_without_references_nothing_is_asked() -> None:
    assert frozen(Rules()) is BATCH


def test_the_first_try_looks_in_what_is_published() -> None:
    batch = frozen(Rules((rule("towns"), rule("owners"), rule("towns"))))

    assert batch.tables == {"bronze_houses": 3, "silver_towns": 5}  # owners has no silver yet
    assert batch.details == {"a": "b", "read.silver_towns": "5"}


def test_a_later_try_looks_where_the_first_one_did() -> None:
    details = {"a": "b", "read.silver_towns": "4"}

    batch = frozen(Rules((rule("towns"), rule("owners"))), Intent("clean", "houses", 7, details, NOON))

    assert (batch.tables, batch.details) == ({"bronze_houses": 3, "silver_towns": 4}, details)


@pytest.mark.spark
def test_the_other_source_is_cleaned_first_and_looked_in_as_it_was_published(
    spark: SparkSession, tmp_path: Path
) -> None:
    known = {"references": {"Town": "towns.NAME"}}
    houses = {
        "path": str(tmp_path / "houses.csv"),
        "key": ["id"],
        "rules": {"known": known},
        "max_quarantined": 1,
    }
    towns = {"path": str(tmp_path / "towns.csv"), "key": ["name"]}
    config = Config.model_validate(
        {
            "name": "demo",
            "task": "regression",
            "lake": {"root": str(tmp_path / "lake")},
            "sources": {"houses": houses, "towns": towns},
            "features": {"label": "price", "key": ["id"], "query": "SELECT * FROM houses"},
        }
    )
    (tmp_path / "houses.csv").write_text("id,town\n1,Ames\n2,Amse\n3,\n4,Ames\n")
    (tmp_path / "towns.csv").write_text("name,zip\nAmes,50010\nBoone,50036\n")
    ingest(spark, config, now=NOON)

    result = run(spark, config, now=NOON)

    lake = Lake(spark, config.lake.root)
    found = lake.read("quarantine_houses").select("id", "_errors").collect()
    assert [(row["id"], [tuple(error) for error in row["_errors"]]) for row in found] == [
        ("2", [("known", "town", "town is Amse, which towns.NAME does not have")])
    ]
    assert (result.sources["houses"]["inserted"], list(result.sources)) == (3, ["towns", "houses"])
    (entry,) = Ledger(lake).entries("clean", "houses")
    assert entry.tables["silver_towns"] == result.tables["silver_towns"] == 0
