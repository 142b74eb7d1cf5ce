from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.transforms import bronze_rows, csv_records, json_records

pytestmark = pytest.mark.spark
PLAIN = Dialect()


def lines(spark: SparkSession, *values: str) -> DataFrame:
    return spark.createDataFrame([(value, "f") for value in values], "value STRING, _source_file STRING")


def records(
    spark: SparkSession, values: Sequence[str], dialect: Dialect = PLAIN, header: str = "a,b,c"
) -> list[tuple[Any, ...]]:
    found = csv_records(lines(spark, *values), [header], ["a", "b", "c"], dialect)
    assert found.columns == ["a", "b", "c", "_source_file", "_corrupt_record"]
    return [(row.a, row.b, row.c, row._corrupt_record) for row in found.collect()]


def test_fields_stay_as_received(spark: SparkSession) -> None:
    assert records(spark, ["1,x,2", ' 1 , x,"q,""w"', 'NA,,""', "007,null,\u00e9"]) == [
        ("1", "x", "2", None),
        (" 1 ", " x", 'q,"w', None),
        ("NA", None, "", None),
        ("007", "null", "\u00e9", None),
    ]


def test_headers_and_blank_lines_are_no_records(spark: SparkSession) -> None:
    assert records(spark, ["a,b,c", "1,2,3", "", "   ", "a,b,c", "a,b,d"]) == [
        ("1", "2", "3", None),
        ("a", "b", "d", None),
    ]


@pytest.mark.parametrize("line", ["1,2", "1,2,3,4", "1", "1,2,3,"])
def test_a_record_with_other_fields_is_kept_whole(spark: SparkSession, line: str) -> None:
    (found,) = records(spark, [line])

    assert found[3] == line


@pytest.mark.parametrize("line", ['1,2,"open', '1,"open,3', '"1,2,3', '1,2,"a""'])
def test_an_open_quote_is_malformed(spark: SparkSession, line: str) -> None:
    assert records(spark, [line]) == [(None, None, None, line)]


def test_a_quote_inside_of_an_unquoted_field_is_a_letter(spark: SparkSession) -> None:
    assert records(spark, ['1,5" pipe,3', '"1","2","3"']) == [
        ("1", '5" pipe', "3", None),
        ("1", "2", "3", None),
    ]


def test_another_dialect(spark: SparkSession) -> None:
    dialect = Dialect(sep="|", quote="'", escape="\\", comment="#")

    assert records(
        spark, ["# a note", r"1|'it\'s'|3", r"1|'open\'|3", '1|2"|3'], dialect, header="a|b|c"
    ) == [
        ("1", "it's", "3", None),
        (None, None, None, r"1|'open\'|3"),
        ("1", '2"', "3", None),
    ]


def test_bytes_outside_of_the_encoding_are_malformed(spark: SparkSession) -> None:
    bytes_of = spark.sql("SELECT cast(X'312C32E92C33' AS STRING) AS value, 'f' AS _source_file")

    (bad,) = csv_records(bytes_of, [], ["a", "b", "c"], Dialect()).collect()
    (good,) = csv_records(bytes_of, [], ["a", "b", "c"], Dialect(encoding="ISO-8859-1")).collect()

    assert tuple(bad) == (None, None, None, "f", "1,2\ufffd,3")
    assert tuple(good) == ("1", "2é", "3", "f", None)


def test_the_parser_runs_once_for_a_line(spark: SparkSession) -> None:
    found = csv_records(lines(spark, "1,2,3"), [], ["a", "b", "c"], Dialect())
    plan = found._jdf.queryExecution().optimizedPlan().toString()

    assert plan.count("from_csv(") == 1


def test_names_with_any_letters(spark: SparkSession) -> None:
    names = ["a b", "c`d", "e,f.g"]

    found = bronze_rows(
        csv_records(lines(spark, "1,2,3"), [], names, Dialect()), 1, datetime(2024, 6, 1, tzinfo=timezone.utc)
    )

    assert found.columns[:3] == names
    assert tuple(found.first())[:3] == ("1", "2", "3")


def test_json_lines_stay_as_received(spark: SparkSession) -> None:
    good = ['{"a": 1, "b": {"c": [1, 2]}}', "{}", ' {"a":"\u00e9"} ']
    bad = ['{"a": 1', "[1]", "1", '"a"', "null", "a,b"]

    found = [
        (row.value, row._corrupt_record) for row in json_records(lines(spark, *good, "", *bad)).collect()
    ]

    assert found == [(text, None) for text in good] + [(text, text) for text in bad]


def test_bronze_rows_say_where_and_when_they_came_from(spark: SparkSession) -> None:
    now = datetime(2024, 6, 1, 12, 30, tzinfo=timezone.utc)

    found = bronze_rows(csv_records(lines(spark, "1,2,3", "1"), [], ["a", "b", "c"], Dialect()), 7, now)

    assert found.columns == ["a", "b", "c", "_source_file", "_batch_id", "_ingested_at", "_corrupt_record"]
    assert dict(found.dtypes)["_batch_id"] == "bigint"
    values = found.selectExpr("*", "unix_seconds(_ingested_at) AS seconds").drop("_ingested_at").collect()
    assert [tuple(row) for row in values] == [
        ("1", "2", "3", "f", 7, None, int(now.timestamp())),
        ("1", None, None, "f", 7, "1", int(now.timestamp())),
    ]
