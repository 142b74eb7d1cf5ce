from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql.types import StructType

from pipeline.config.sources import Source
from pipeline.lake import LedgerEntry
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.contract_file import contract_text, write_contract
from pipeline.steps.clean.evolution import missing_refusal, new_columns, new_refusal
from tests.small_project import NOON


def columns(*names: str) -> StructType:
    """Columns without asking a JVM to parse them."""
    schema = StructType()
    for name in names:
        schema.add(name, "string")
    return schema


CONTRACT = Contract(columns("id", "price", "town"), ("id",))


def source(**settings: Any) -> Source:
    renamed = {"Sale Price": {"rename": "price"}}
    return Source.model_validate({"path": "a.csv", "columns": renamed, **settings})


def landed(in_all: list[str] | None) -> LedgerEntry:
    details = {} if in_all is None else {"columns": json.dumps(in_all)}
    return LedgerEntry("ingest", "houses", 3, {"read": 1}, {"bronze_houses": 2}, "", NOON, NOON, details)


@pytest.mark.parametrize(
    ("in_all", "setting", "missing"),
    [
        (["ID", "sale price", "Town", "more"], "fail", ""),
        (["id", "Sale Price"], "fail", "the column town"),
        (["id", "price"], "fail", "the columns Sale Price, town"),
        (["id"], "null", ""),
        (["id"], None, ""),
        (None, "fail", ""),
    ],
)
def test_a_file_without_a_column_of_the_contract(
    in_all: list[str] | None, setting: str | None, missing: str
) -> None:
    refusal = missing_refusal(source(on_missing_column=setting), CONTRACT, landed(in_all))

    sentence = (
        f"clean refused batch 3 of houses: not all of its files have {missing}, and "
        f"sources.houses.on_missing_column is fail. Nothing was written. Set it to null for NULL in the rows "
        f"of such files, or decide: "
    )
    assert refusal.startswith(sentence) if missing else refusal == ""


def test_a_batch_with_columns_that_the_contract_lacks() -> None:
    fails, adds = source(on_new_column="fail"), source(on_new_column="add")

    assert new_refusal(fails, landed(None), ["floors", "Roof"]).startswith(
        "clean refused batch 3 of houses: it has the columns floors, Roof, which the contract lacks, and "
        "sources.houses.on_new_column is fail. Nothing was written. Set it to add or ignore, or decide: "
    )
    assert new_refusal(fails, landed(None), []) == new_refusal(adds, landed(None), ["floors"]) == ""


@pytest.mark.parametrize(
    ("received", "before", "in_all", "new"),
    [
        (["id", "Sale Price", "TOWN"], None, None, []),
        (["id", "floors", "roof"], ["id"], None, ["floors", "roof"]),
        (["id", "floors", "roof"], ["id", "Roof"], None, ["floors"]),
        (["id", "floors", "roof"], ["id", "roof", "floors"], ["id", "ROOF"], ["roof"]),
    ],
)
def test_a_new_column_is_one_that_came_with_the_batch(
    received: list[str], before: list[str] | None, in_all: list[str] | None, new: list[str]
) -> None:
    def read(table: str, version: int) -> Any:
        assert (table, version) == ("bronze_houses", 1)
        assert before is not None
        return SimpleNamespace(schema=columns(*before))

    rows = SimpleNamespace(schema=columns(*received, "_source_file", "_corrupt_record"))

    assert new_columns(SimpleNamespace(read=read), source(), CONTRACT, landed(in_all), rows) == new  # type: ignore[arg-type]


def test_the_contract_as_people_review_it(tmp_path: Any) -> None:
    path = tmp_path / "contracts" / "demo" / "houses.sql"
    text = contract_text("houses", CONTRACT, Cleaning.of(source()))

    write_contract(path, text)
    written = path.stat().st_mtime_ns
    write_contract(path, text)

    assert path.read_text().splitlines() == [
        "-- What houses is held to, for review. Nothing reads this file: the contract that counts is",
        "-- pinned in the lake. To change it, change the configuration.",
        "-- Key: id",
        "CREATE TABLE silver_houses (",
        "  `id` STRING,",
        "  `price` STRING,  -- received as Sale Price",
        "  `town` STRING",
        ") USING DELTA;",
    ]
    assert path.stat().st_mtime_ns == written
    write_contract(
        tmp_path / "contracts" / "demo" / "houses.sql" / "below", text
    )  # no folder: no file, no error
