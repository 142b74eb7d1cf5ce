"""One frame that meets every kind of rule at once, from typed rows to verdicts, reasons and counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType

from pipeline.config.sources import Source
from pipeline.steps.clean.classify import RANK, VERDICT, classified_rows
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.compile import compile_rules
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.counting import Counts, count_batch, measured_details
from pipeline.steps.clean.reasons import quarantined_rows
from pipeline.steps.clean.rules import Rules

pytestmark = pytest.mark.spark

NOON = datetime(2024, 6, 1, 12)
COLUMNS = "id BIGINT, price DOUBLE, town STRING, code STRING, sold DATE, email STRING"
LANDED = "_source_file STRING, _batch_id BIGINT, _ingested_at TIMESTAMP, _corrupt_record STRING"
OURS = "__received STRUCT<id: STRING>, __row_hash BIGINT, __type_failed BOOLEAN, __key_missing BOOLEAN"
MALFORMED = (
    "the record has more or fewer fields than its header, a quote that does not close, or broken letters"
)
GOOD_ROW = {
    "id": 1,
    "price": 10.0,
    "town": "Ames",
    "code": "A1",
    "sold": date(2024, 5, 31),
    "email": "a@x",
    "_source_file": "a.csv",
    "_batch_id": 1,
    "_ingested_at": NOON,
    "_corrupt_record": None,
    "__type_failed": False,
    "__key_missing": False,
}


def typed(spark: SparkSession, *rows: Mapping[str, Any]) -> DataFrame:
    """Typed rows that differ from a good one in what is said, each with an id of its own unless said."""
    values = [
        {**GOOD_ROW, "id": number, "email": f"{number}@x", "__row_hash": number, **row}
        for number, row in enumerate(rows, 1)
    ]
    for row in values:
        row["__received"] = {"id": str(row["id"])}
    return spark.createDataFrame(values, f"{COLUMNS}, {LANDED}, {OURS}")


def contract(spark: SparkSession) -> Contract:
    schema = spark.createDataFrame([], COLUMNS).schema
    assert isinstance(schema, StructType)
    return Contract(schema, ("id",))


def compiled(spark: SparkSession, rules: Mapping[str, Any], label: str = "price") -> Rules:
    source = Source.model_validate({"path": "/data/x.csv", "rules": rules})
    empty = spark.createDataFrame([], f"{COLUMNS}, {LANDED.rpartition(',')[0]}")
    return compile_rules("houses", source, empty, label)


def judged(
    spark: SparkSession, rules: Mapping[str, Any], *rows: Mapping[str, Any], towns: DataFrame | None = None
) -> tuple[list[tuple[Any, ...]], dict[int, list[tuple[str, str, str]]], Counts]:
    """Each row's id, file, verdict and rank, the reasons by id, and the counts."""
    found = compiled(spark, rules)
    silvers = {} if towns is None else {"towns": towns}
    classified = classified_rows(typed(spark, *rows), contract(spark), found, "_ingested_at", silvers)
    classified = classified.cache()
    try:
        cleaning = Cleaning.of(Source.model_validate({"path": "/data/x.csv"}))
        verdicts = sorted(
            (row["id"], row["_source_file"], row[VERDICT], row[RANK]) for row in classified.collect()
        )
        reasons = {
            int(row["id"]): [tuple(error) for error in row["_errors"]]
            for row in quarantined_rows(classified, contract(spark), found, cleaning).collect()
        }
        return verdicts, reasons, count_batch(classified, found)
    finally:
        classified.unpersist()


ALL_KINDS = {
    "dear": {"check": "coalesce(price, 0) > 5 AND 100 / (price - 50) IS NOT NULL"},
    "number": {"check": "to_number(code, '999') > 1", "on_failure": "warn"},
    "number_again": {"check": "to_number(code, '999') < 9", "on_failure": "drop"},
    "there": {"not_null": ["town", "CODE"]},
    "small_town": {"one_of": {"town": ["Boone", "Nevada"]}, "on_failure": "warn"},
    "cheap": {"between": {"price": [1, 9]}, "on_failure": "fail"},
    "price_range": {"between": {"price": [None, 100], "sold": ["2020-01-01", "2024-12-31"]}},
    "code_form": {"matches": {"code": "[A-Z]?[0-9]+"}, "on_failure": "drop"},
    "code_length": {"length": {"code": [1, 2]}},
    "past": {"not_in_future": ["sold"]},
    "town_there": {"references": {"town": "towns.name"}},
    "one_email": {"unique": ["email"]},
    "often": {"check_batch": "count(*) > 3 AND avg(price) BETWEEN 1 AND 20"},
    "fresh": {"check_batch": "max(sold) >= DATE '2024-05-01'", "on_failure": "warn"},
}


def test_every_kind_at_once(spark: SparkSession) -> None:
    towns = spark.createDataFrame([("Ames",), ("Ames",), (None,)], "name STRING")
    code_2 = {"code": "2"}
    verdicts, reasons, counts = judged(
        spark,
        ALL_KINDS,
        code_2,
        {**code_2, "price": None},  # no label: the rules on it do not look
        {**code_2, "price": 5.0},
        {**code_2, "price": float("nan")},
        {**code_2, "price": 150.0},
        {},  # to_number fails: neither passes nor ends the job
        {"code": None, "town": None},
        {**code_2, "town": "Boone"},
        {"code": "x"},
        {"code": "123"},
        {**code_2, "sold": date(2024, 6, 2)},
        {**code_2, "sold": date(2019, 1, 1)},
        {**code_2, "email": "1@x"},
        {**code_2, "email": None},
        {**code_2, "email": None},
        {**code_2, "id": 1, "email": "1@x"},  # another version of row 1, not another row
        {**code_2, "_corrupt_record": "x"},
        {**code_2, "_corrupt_record": "unreadable file: not a gzip file"},
        {"code": "99"},
        towns=towns,
    )

    assert [(number, rank) for number, _, verdict, rank in verdicts if verdict == "good"] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (14, 1),
        (15, 1),
    ]
    assert [number for number, _, verdict, _ in verdicts if verdict == "dropped"] == [19]
    number = [
        (name, "code", f"to_number(code, '999') {tail} cannot be evaluated: code = ")
        for name, tail in (("number", "> 1"), ("number_again", "< 9"))
    ]
    assert reasons == {
        3: [("dear", "price", f"{ALL_KINDS['dear']['check']} is false: price = 5.0")],
        4: [("price_range", "price", "price is NaN, allowed at most 100")],
        5: [("price_range", "price", "price is 150.0, allowed at most 100")],
        6: [(name, column, f"{text}A1") for name, column, text in number],
        7: [("there", "town", "town is missing"), ("there", "code", "code is missing")],
        8: [("town_there", "town", "town is Boone, which towns.name does not have")],
        9: [(name, column, f"{text}x") for name, column, text in number],
        10: [("code_length", "code", "code has 3 characters, allowed 1 to 2")],
        11: [("past", "sold", "sold is 2024-06-02, later than 2024-06-01, when it was ingested")],
        12: [("price_range", "sold", "sold is 2019-01-01, allowed 2020-01-01 to 2024-12-31")],
        13: [("one_email", "email", "email = 1@x is there more than once")],
        17: [("malformed", "_corrupt_record", MALFORMED)],
        18: [("unreadable", "_source_file", "unreadable file: not a gzip file")],
    }
    assert {term: count for term, count in counts.terms.items() if count} == {
        "read": 19,
        "malformed": 2,
        "quarantined": 11,
        "dropped": 1,
        "superseded": 1,
        "quarantined.dear": 1,
        "quarantined.number": 2,
        "quarantined.number_again": 2,
        "quarantined.there": 1,
        "quarantined.price_range": 3,
        "quarantined.code_length": 1,
        "quarantined.past": 1,
        "quarantined.town_there": 1,
        "quarantined.one_email": 1,
        "dropped.number_again": 1,
        "warned.small_town": 5,
        "failed.cheap": 15,
    }
    assert measured_details(counts) == {
        "rule.often": "count(*) = 5, avg(price) = 10: true",
        "rule.fresh": "max(sold) = 2024-05-31: true",
    }


def test_unique_over_the_key_needs_no_window_of_its_own(spark: SparkSession) -> None:
    rules = {
        "once": {"unique": ["ID"]},
        "pair": {"unique": ["id", "email"], "on_failure": "warn"},
        "email": {"unique": ["email"], "on_failure": "fail"},
    }
    twice = {"id": 1, "email": "a@x"}

    verdicts, reasons, counts = judged(spark, rules, twice, twice, {"id": 1}, {"id": 4, "email": "a@x"})

    # The email's first is row 4; the rows of key 1 have an earlier one beside them, and one of them stays.
    assert verdicts == [
        (1, "a.csv", "good", 1),
        (1, "a.csv", "quarantined", 2),
        (1, "a.csv", "quarantined", 3),
        (4, "a.csv", "good", 1),
    ]
    assert reasons == {1: [("once", "id", "id = 1 is there more than once")]}
    assert {term: count for term, count in counts.terms.items() if count} == {
        "read": 4,
        "quarantined": 2,
        "quarantined.once": 2,
        "failed.email": 2,
    }
    plan = classified_rows(
        typed(spark, twice), contract(spark), compiled(spark, {"once": rules["once"]}), "id"
    )
    assert plan._jdf.queryExecution().optimizedPlan().toString().count("Window [") == 1


def test_batch_rules_over_no_good_row(spark: SparkSession) -> None:
    rules = {
        "many": {"check_batch": "count(*) > 0"},
        "dear": {"check_batch": "avg(price) > 1 "},
        "share": {"check_batch": "count(*) / count(id) > 0"},
    }

    for rows in ([{"_corrupt_record": "x"}], []):
        _, _, counts = judged(spark, rules, *rows)

        assert measured_details(counts) == {
            "rule.many": "count(*) = 0: false",
            "rule.dear": "avg(price) = NULL: nothing to judge",
            "rule.share": "count(*) = 0, count(id) = 0: cannot be evaluated",
        }
        assert (counts.terms["read"], counts.terms["malformed"]) == (len(rows), len(rows))
