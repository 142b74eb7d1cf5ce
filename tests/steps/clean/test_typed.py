"""Cleaning and typing on frames alone: many columns at once, each text beside what becomes of it."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from ruamel.yaml import YAML

from pipeline.config.date_formats import FIELDS
from pipeline.config.sources import Source
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import Contract, columns_of
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.sample import found_types
from pipeline.steps.clean.typed import TYPE_FAILED, typed_rows

pytestmark = pytest.mark.spark

ORIGIN = "'a.csv' AS _source_file, 1L AS _batch_id, TIMESTAMP'2024-01-01' AS _ingested_at"
DAY = datetime.date
FAILED = "a text that does not convert"
AS_SAID = {"*missing*": None, "*quarantine*": FAILED}


class Case:
    """A column: what is declared, its type, and each text beside what becomes of it."""

    def __init__(self, kind: str, declared: Mapping[str, Any], values: Mapping[str | None, Any]) -> None:
        self.kind = kind
        self.declared = dict(declared)
        self.values = values


CASES = {
    "plain": Case("STRING", {}, {"x": "x", " x ": " x ", "": None, "NA": None, None: None}),
    "trimmed": Case("STRING", {"trim": True}, {" x\t": "x", "\u00a0y\r": "y", "  ": None, " NA ": None}),
    "lower": Case("STRING", {"case": "lower"}, {"ÄB": "äb", "NA": None, "na": "na"}),
    "upper": Case("STRING", {"case": "upper"}, {"straße": "STRASSE"}),
    "country": Case("STRING", {"nulls": ["?"]}, {"NA": "NA", "?": None, "": ""}),
    "measured": Case("INT", {"nulls": ["-999"]}, {"-999": None, "12": 12, "": FAILED}),
    "sex": Case(
        "STRING",
        {"trim": True, "case": "lower", "map": {"f": "female", "m": "male", "it's \\": "both"}},
        {" F": "female", "m": "male", "x": "x", "It's \\": "both", "": None},
    ),
    "open": Case(
        "BOOLEAN", {"map": {"oui": "true", "non": "false"}}, {"oui": True, "non": False, "?": FAILED}
    ),
    "decimal_comma": Case(
        "DOUBLE",
        {"decimal": ",", "thousands": "."},
        {
            "1.234,50": 1234.5,
            "-0,5": -0.5,
            "12": 12.0,
            " 7 ": 7.0,
            "1.5": FAILED,
            "1,5,5": FAILED,
            ",": FAILED,
        },
    ),
    "comma": Case("DOUBLE", {"decimal": ","}, {"1,5": 1.5, "1.5": FAILED, "2e3": 2000.0, "NaN": FAILED}),
    "thousands": Case(
        "BIGINT", {"thousands": ","}, {"1,234,567": 1234567, "12,34,567": 1234567, "1,23": FAILED, "123": 123}
    ),
    "french": Case(
        "DECIMAL(12,2)",
        {"thousands": " ", "decimal": ","},
        {"1 234,50": Decimal("1234.50"), "1\u202f234\u00a0567,5": Decimal("1234567.50"), "1 2": FAILED},
    ),
    "swiss": Case("DOUBLE", {"thousands": "'"}, {"1'000.5": 1000.5, "1\u2019000": 1000.0}),
    "day": Case(
        "DATE",
        {"formats": ["yyyy-MM-dd", "d.M.yyyy", "d MMM yyyy"]},
        {
            "2024-02-29": DAY(2024, 2, 29),
            "3.4.2024": DAY(2024, 4, 3),
            " 05 Jan 2024": DAY(2024, 1, 5),
            "2024-02-30": FAILED,
            "2024-02-29 10:00": FAILED,
            "04/03/2024": FAILED,
        },
    ),
    "short_year": Case("DATE", {"formats": "dd/MM/yy"}, {"01/02/24": DAY(2024, 2, 1), "01/02/2024": FAILED}),
    "digits": Case("DATE", {"formats": "yyyyMMdd"}, {"20240131": DAY(2024, 1, 31), "20241301": FAILED}),
    "moment": Case(
        "TIMESTAMP",
        {"formats": ["yyyy-MM-dd'T'HH:mm:ssXXX", "dd/MM/yyyy hh:mm a"]},
        {
            "2024-01-02T03:04:05+02:00": "2024-01-02 01:04:05",
            "02/01/2024 03:04 PM": "2024-01-02 15:04:00",
            "02/01/2024 15:04": FAILED,
        },
    ),
    "metres": Case("DOUBLE", {"unit": {"multiply": 0.5}}, {"10": 5.0, "x": FAILED, "": None}),
    "celsius": Case("DOUBLE", {"unit": {"multiply": 0.5, "add": -16.0}}, {"32": 0.0, "1e400": float("inf")}),
    "seconds": Case("BIGINT", {"unit": {"multiply": 60}}, {"2": 120, "9223372036854775807": FAILED}),
    "small": Case("INT", {"unit": {"multiply": 60}}, {"2": 120, "99999999": FAILED}),
    "euros": Case(
        "DECIMAL(12,2)",
        {"unit": {"multiply": 0.01}, "thousands": ","},
        {"1,234": Decimal("12.34"), "12345.6": Decimal("123.46"), "9e30": FAILED},
    ),
}


@pytest.fixture(scope="module")
def source() -> Source:
    columns = {f"{name} received": {"rename": name, **case.declared} for name, case in CASES.items()}
    return Source.model_validate({"path": "a.csv", "nulls": ["", "NA"], "columns": columns})


def bronze(spark: SparkSession, names: Sequence[str], values: Sequence[Sequence[str | None]]) -> DataFrame:
    """Rows as ingest lands them: row n has the n-th value of each column."""
    longest = max(map(len, values))
    rows = [tuple(column[row] if row < len(column) else None for column in values) for row in range(longest)]
    frame = spark.createDataFrame(rows, ", ".join(f"`{name}` STRING" for name in names)).coalesce(1)
    return frame.selectExpr("*", *ORIGIN.split(", "), "CAST(NULL AS STRING) AS _corrupt_record")


def test_each_text_becomes_its_value_or_is_said_to_fail(spark: SparkSession, source: Source) -> None:
    contract = Contract(columns_of(", ".join(f"{name} {case.kind}" for name, case in CASES.items())))
    values = [list(case.values) for case in CASES.values()]
    rows = bronze(spark, [f"{name} received" for name in CASES], values)

    typed = typed_rows(rows, contract, Cleaning.of(source))
    found = typed.selectExpr(
        *[
            f"CAST({name} AS STRING) AS {name}" if case.kind == "TIMESTAMP" else name
            for name, case in CASES.items()
        ],
        TYPE_FAILED,
    ).collect()

    for name, case in CASES.items():
        became = dict(zip(case.values, [row[name] for row in found], strict=False))
        expected = {text: None if value is FAILED else value for text, value in case.values.items()}
        assert (name, became) == (name, expected)
    fails = [[value is FAILED for value in case.values.values()] for case in CASES.values()]
    failing = [any(column[row : row + 1] == [True] for column in fails) for row in range(len(found))]
    assert [row[TYPE_FAILED] for row in found] == failing


TABLE = re.compile(
    r"```yaml\n(columns:.*?)```\n\n\| received \| (\w+): (\S+) \|\n\| --- \| --- \|\n(.*?)\n\n", re.DOTALL
)


def test_the_tables_of_the_page_are_true(spark: SparkSession) -> None:
    page = Path("docs/cleaning.md").read_text(encoding="utf-8")
    columns: dict[str, Any] = {}
    kinds, expected = {}, {}
    for block, silver, kind, lines in TABLE.findall(page):
        ((name, declared),) = YAML(typ="safe", pure=True).load(block)["columns"].items()
        assert declared.get("rename", name) == silver
        columns[name], kinds[silver] = declared, kind
        cells = [line.strip("|").split(" | ") for line in lines.splitlines()]
        expected[silver] = {
            json.loads(received.strip(" `")): AS_SAID.get(became.strip(), became.strip(" `"))
            for received, became in cells
        }
    source = Source.model_validate({"path": "a.csv", "columns": columns})
    contract = Contract(columns_of(", ".join(f"{name} {kind}" for name, kind in kinds.items())))
    rows = bronze(spark, list(columns), [list(values) for values in expected.values()])

    typed = typed_rows(rows, contract, Cleaning.of(source))
    found = typed.selectExpr(*[f"CAST({name} AS STRING)" for name in kinds], TYPE_FAILED).collect()

    assert len(expected) >= 12
    for name, values in expected.items():
        became = dict(zip(values, [row[name] for row in found], strict=False))
        assert (name, became) == (name, {text: None if to is FAILED else to for text, to in values.items()})
    fails = [[to is FAILED for to in values.values()] for values in expected.values()]
    failing = [any(column[row : row + 1] == [True] for column in fails) for row in range(len(found))]
    assert [row[TYPE_FAILED] for row in found] == failing


def test_types_are_told_from_cleaned_texts(spark: SparkSession) -> None:
    declared = {
        "price": {"decimal": ",", "thousands": "."},
        "people": {"thousands": ","},
        "sold": {"formats": ["d.M.yyyy"]},
        "at": {"formats": ["d.M.yyyy", "d.M.yyyy HH:mm"]},
        "feet": {"unit": {"multiply": 0.3048}},
        "minutes": {"unit": {"multiply": 60}},
        "count": {"nulls": ["?"], "trim": True, "rename": "n"},
        "open": {"map": {"oui": "true", "non": "false"}},
        "never": {"decimal": ","},
    }
    values = {
        "price": ["1.234,50", "1"],
        "people": ["1,234", "5"],
        "sold": ["nonsense", "1.2.2024"],
        "at": ["1.2.2024", None],
        "feet": ["10", "11"],
        "minutes": ["1", "2"],
        "count": ["?", " 3\u00a0"],
        "open": ["oui", "non"],
        "never": [None, ""],
        "plain": ["1", "x"],
    }
    expected = {
        "price": "DOUBLE",
        "people": "BIGINT",
        "sold": "DATE",
        "at": "TIMESTAMP",
        "feet": "DOUBLE",
        "minutes": "BIGINT",
        "count": "BIGINT",
        "open": "BOOLEAN",
        "never": "DOUBLE",
        "plain": "STRING",
    }
    csv = Source.model_validate({"path": "a.csv", "columns": declared})
    json = Source.model_validate({"path": "a.json", "columns": declared})
    rows = bronze(spark, list(values), list(values.values()))
    records = rows.selectExpr(
        f"to_json(struct({', '.join(values)}), map('ignoreNullFields', 'false')) AS value",
        "_source_file",
        "_batch_id",
        "_ingested_at",
        "_corrupt_record",
    )

    assert found_types(rows, csv, 2) == expected
    assert found_types(records, json, 2) == expected


def test_a_json_record_has_fields_and_what_its_folder_names(spark: SparkSession) -> None:
    source = Source.model_validate({"path": "a.json", "columns": {"Was worth": {"rename": "worth"}}})
    records = ['{"id": 1, "Was worth": "7", "value": "8"}', '{"id": 2}']
    rows = bronze(spark, ["value", "year"], [records, ["2024", "2025"]])
    kinds = {"id": "BIGINT", "Was worth": "BIGINT", "value": "BIGINT", "year": "BIGINT"}

    contract = Contract(columns_of("id BIGINT, worth INT, value INT, year BIGINT"))
    typed = typed_rows(rows, contract, Cleaning.of(source)).select("id", "worth", "value", "year")

    assert dict(sorted(found_types(rows, source, 2).items())) == dict(sorted(kinds.items()))
    assert [tuple(row) for row in typed.collect()] == [(1, 7, 8, 2024), (2, None, None, 2025)]


def test_every_field_of_a_format_can_be_read(spark: SparkSession) -> None:
    formats = [field if field[0] in "y" else f"yyyy {field}" for field in FIELDS if field[0] not in "dha"]
    formats += ["yyyy MM d", "yyyy MM dd", "yyyy MM dd h a", "yyyy MM dd hh a"]
    moment = "TIMESTAMP'2024-11-12 13:14:15.123456'"

    read = [
        f"try_to_timestamp(date_format({moment}, {text}), {text}) IS NOT NULL"
        for text in map(literal, formats)
    ]
    row = spark.range(1).selectExpr(*read).first()

    assert row is not None
    assert {pattern for pattern, is_read in zip(formats, row, strict=True) if not is_read} == set()
