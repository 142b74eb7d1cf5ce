from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.types import LongType, StringType, StructType

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.clean.compile import compile_rules
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.rules import Rules

pytestmark = pytest.mark.spark

COLUMNS = "id BIGINT, price DOUBLE, `year built` BIGINT, note STRING, sold DATE, tags ARRAY<STRING>"
TOWNS = Contract(StructType().add("name", StringType()).add("zip", LongType()), ("name",))


def compiled(spark: SparkSession, rule: str | Mapping[str, Any], label: str = "") -> Rules:
    said = {"check": rule} if isinstance(rule, str) else rule
    source = Source.model_validate({"path": "/data/x.csv", "rules": {"rule": said}})
    return compile_rules("houses", source, spark.createDataFrame([], COLUMNS), label, {"towns": TOWNS}.get)


def test_a_rule_knows_its_columns(spark: SparkSession) -> None:
    def columns(check: str) -> tuple[str, ...]:
        return compiled(spark, check).rows[0].checks[0].columns

    assert columns("PRICE > 0 AND `year built` < 2025") == ("price", "year built")
    assert columns("1 = 0") == ()
    (rule,) = compiled(spark, {"not_null": ["ID", "note"], "on_failure": "drop"}).rows
    assert (rule.kind, rule.on_failure, rule.said) == ("not_null", "drop", "id not null and note not null")
    assert [check.columns for check in rule.checks] == [("id",), ("note",)]


def test_a_check_on_the_label_looks_at_labelled_rows_only(spark: SparkSession) -> None:
    check = "coalesce(Price, 0) > 0 -- as paid"

    assert compiled(spark, check, "PRICE").rows[0].checks[0].condition == f"`price` IS NULL OR ({check}\n)"
    assert compiled(spark, check, "note").rows[0].checks[0].condition == check
    assert (
        compiled(spark, {"not_null": "price"}, "price").rows[0].checks[0].condition == "`price` IS NOT NULL"
    )


def test_a_batch_rule_knows_what_it_measures(spark: SparkSession) -> None:
    check = "abs(avg(price)) > 1 AND count_if(note = 'avg(x)') FILTER (WHERE id > 1) < count(DISTINCT id)"

    (rule,) = compiled(spark, {"check_batch": check}).batch

    assert rule.measures == (
        "avg(price)",
        "count_if(note = 'avg(x)') FILTER (WHERE id > 1)",
        "count(DISTINCT id)",
    )
    assert rule.on_failure == "fail"


REFUSED = [
    (
        "price >",
        r"'sources\.houses\.rules\.rule\.check' is not valid Spark SQL near end of input in 'price >'",
    ),
    (
        "prise > 0",
        r"names 'prise', which is no column: prise > 0\. Did you mean 'price'\? Columns: id, price, year",
    ),
    ("price", r"gives DOUBLE: price\. Write a condition"),
    ("avg(price) > 1", r"looks at more than one row: avg\(price\) > 1\."),
    ("sum(price) OVER () > 1", r"looks at more than one row"),
    ("EXISTS (SELECT 1)", r"looks at more than one row|holds a query"),
    ("rand() < 0.5", r"may answer differently each time: rand\(\) < 0\.5"),
    ("sold <= localtimestamp()", r"may answer differently each time: sold <= localtimestamp\(\)\."),
    ("reflect('java.lang.Math', 'abs', id) = '1'", r"may answer differently each time"),
    ("no_such_function(price)", r"cannot be evaluated: no_such_function\(price\)\. .*no_such_function"),
    ("price[0] > 1", r"cannot be evaluated: price\[0\] > 1\."),
    ("twice(id) = 2", r"runs a function of your own: twice\(id\) = 2\. Use one of Spark's\."),
    ({"check_batch": "price > 1"}, r"'sources\.houses\.rules\.rule\.check_batch' stands beside no aggregate"),
    ({"check_batch": "avg(price)"}, r"gives DOUBLE: avg\(price\)\."),
    ({"check_batch": "avg(prise) > 1"}, r"names 'prise', which is no column"),
    ({"check_batch": "abs(1) > 0"}, r"is over no aggregate: abs\(1\) > 0\."),
    (
        {"not_null": ["nothing"]},
        r"'sources\.houses\.rules\.rule\.not_null' names 'nothing', which is no column\.",
    ),
    (
        {"between": {"sold": ["2024-13-01", None]}},
        r"rule\.between\.sold' holds a value that is no DATE: sold at",
    ),
    ({"matches": {"note": "(a"}}, r"rule\.matches\.note' is no regular expression: '\(a'\. "),
    (
        {"references": {"note": "towns.nam"}},
        r"names 'nam', which towns does not have\. Did you mean 'name'\?",
    ),
    (
        {"references": {"note": "towns.zip"}},
        r"compares note, which is STRING, with towns\.zip, which is BIGINT\. Give both one type, in",
    ),
]


def test_a_rule_that_is_none_is_refused(spark: SparkSession, capfd: pytest.CaptureFixture[str]) -> None:
    spark.udf.register("twice", lambda number: number * 2, "bigint")
    try:
        for rule, sentence in REFUSED:
            with pytest.raises(ConfigError, match=sentence):
                compiled(spark, rule)
            assert spark.conf.get("spark.sql.ansi.enabled") == "true"
    finally:
        spark.sql("DROP TEMPORARY FUNCTION twice")
    assert capfd.readouterr() == ("", "")  # told by the error alone


def test_references_of_numbers_need_not_be_equally_wide(spark: SparkSession) -> None:
    (rule,) = compiled(spark, {"references": {"price": "towns.zip"}}).rows

    assert (rule.said, rule.checks[0].condition) == (
        "price in towns.zip",
        "`price` IS NULL OR __found_0 IS NOT NULL",
    )
