"""Cleaning of what each format brings: fields of JSON, types of parquet, declared schemas, odd names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

Make = Callable[..., Any]


def test_json_fields_become_columns(make_project: Make) -> None:
    project = make_project(format="json", key=["id"], max_quarantined=1)
    project.land(
        "a.json",
        '{"id": 1, "price": 10.5, "where": {"lat": 1}, "tags": ["a"]}',
        '{"price": 7, "id": 2, "late": "x"}',
        "broken",
        '{"id": 3, "price": "abc"}',
        *[json.dumps({"id": number, "price": 1}) for number in range(10, 400)],
    )

    project.clean()

    frame = project.spark.read.format("delta").load(str(project.lake / "silver_houses"))
    assert frame.dtypes[:5] == [
        ("id", "bigint"),
        ("price", "double"),
        ("late", "string"),
        ("where", "string"),
        ("tags", "string"),
    ]
    assert project.rows("silver_houses", "id", "price", "where", "tags", "late")[:2] == [
        (1, 10.5, '{"lat":1}', '["a"]', None),
        (2, 7.0, None, None, "x"),
    ]
    assert project.errors("value") == [
        ("broken", [("malformed", "_corrupt_record", "the line is not a JSON object")]),
        ('{"id": 3, "price": "abc"}', [("type", "price", "'abc' is no DOUBLE")]),
    ]


def test_parquet_keeps_its_types(make_project: Make, spark: SparkSession) -> None:
    project = make_project(
        format="parquet", key=["id"], types={"code": "STRING"}, nulls=["NA"], max_quarantined=1
    )
    rows = spark.sql(
        "SELECT * FROM VALUES (1, 1.5D, 7, 'NA', map('a', 1)), (1, 1.5D, 7, 'x', map('b', 2))"
        " rows(id, price, code, note, m)"
    )
    rows.coalesce(1).write.parquet(str(project.files / "a"))
    project.land("a/_ignored", "x")

    result = project.clean()

    assert result.pinned == {
        "houses": "`id` INT, `price` DOUBLE, `code` STRING, `note` STRING, `m` map<string,int>"
    }
    assert project.rows("silver_houses", "id", "price", "code")[0] == (1, 1.5, "7")
    assert project.ledger(1) == {"read": 2, "superseded": 1, "inserted": 1}


def test_a_declared_schema_is_the_contract(make_project: Make) -> None:
    project = make_project(schema="ID BIGINT, price DECIMAL(12, 2), note STRING", key=["ID"])
    project.land("a.csv", "price,other,id", "10.505,x,1")

    result = project.clean()

    assert result.pinned == {"houses": "`ID` BIGINT, `price` DECIMAL(12,2), `note` STRING"}
    assert [
        (row[0], str(row[1]), row[2]) for row in project.rows("silver_houses", "ID", "price", "note")
    ] == [(1, "10.51", None)]


def test_names_with_any_letters(make_project: Make) -> None:
    project = make_project(
        key=["the id"],
        rules={"r": {"check": "`Sale Price ($)` > 0"}},
        nulls=["it's", "\\N"],
        max_quarantined=1,
    )
    project.land("a.csv", "the id,Sale Price ($),a`b", "1,10,it's", "2,-1,x", "3,5,\\N")

    project.clean()

    assert project.rows("silver_houses", "the id", "`Sale Price ($)`", "`a``b`") == [
        (1, 10, None),
        (3, 5, None),
    ]
    assert project.errors("Sale Price ($)") == [
        ("-1", [("r", "Sale Price ($)", "`Sale Price ($)` > 0 is false: Sale Price ($) = -1")])
    ]
