from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from pipeline.config.features import Features
from pipeline.errors import ConfigError, DataRefused
from pipeline.preprocessing.roles import Profile, Role, assign_roles, judge, summary


def features(**more: Any) -> Features:
    return Features.model_validate({"label": "price", **more})


@pytest.mark.parametrize(
    ("kind", "seen", "role"),
    [
        (T.DoubleType(), Profile(100, 100, 100, constant=False), "numeric"),
        (T.BooleanType(), Profile(100, 90, 2, constant=False), "numeric"),
        (T.LongType(), Profile(100, 100, 5, constant=False), "numeric"),
        (T.LongType(), Profile(100, 100, 100, constant=False, dense=True), "excluded"),
        (T.LongType(), Profile(100, 100, 100, constant=False, dense=False), "numeric"),
        (T.StringType(), Profile(100, 100, 5, constant=False), "categorical"),
        (T.StringType(), Profile(100, 100, 97, constant=False), "excluded"),
        (T.StringType(), Profile(10, 10, 10, constant=False), "categorical"),
        (T.StringType(), Profile(100_000, 100_000, 900, constant=False), "categorical"),
        (T.StringType(), Profile(5_000, 5_000, 900, constant=False), "excluded"),
        (T.StringType(), Profile(100, 100, 1, constant=True), "excluded"),
        (T.StringType(), Profile(100, 60, 1, constant=True), "categorical"),
        (T.DoubleType(), Profile(100, 100, 1, constant=True), "excluded"),
        (T.DoubleType(), Profile(100, 0, 0, constant=False), "excluded"),
    ],
)
def test_type_and_cardinality_decide(kind: T.DataType, seen: Profile, role: str) -> None:
    assert judge(T.StructField("x", kind), seen).kind == role


@pytest.mark.spark
def test_roles_of_a_table(spark: SparkSession) -> None:
    rows = spark.range(40).selectExpr(
        "id",
        "CAST(id + 1 AS INT) AS row_number",
        "concat('person ', id) AS who",
        "IF(id % 2 = 0, 'a', 'b') AS half",
        "CAST(id AS DOUBLE) / 7 AS size",
        "id % 3 AS rooms",
        "1 AS always",
        "CAST(NULL AS STRING) AS never",
        "date '2026-01-01' AS day",
        "array(id) AS many",
        "'x' AS secret",
        "id * 1000 AS price",
    )
    found = assign_roles(rows, features(exclude=["secret"], categorical=["rooms"]), ["id"])
    assert found.all == (
        Role("id", "key", "names the row"),
        Role("row_number", "excluded", "looks like a row number: every whole number once"),
        Role("who", "excluded", found.all[2].why),
        Role("half", "categorical", "STRING with about 2 values"),
        Role("size", "numeric", "DOUBLE"),
        Role("rooms", "categorical", "declared"),
        Role("always", "excluded", "the same value in every training row"),
        Role("never", "excluded", "no value in the training rows"),
        Role("day", "excluded", "DATE: derive a number or a text from it"),
        Role("many", "excluded", "ARRAY<BIGINT>: derive a number or a text from it"),
        Role("secret", "excluded", "declared in features.exclude"),
        Role("price", "label", "what is predicted"),
    )
    assert found.all[2].why.startswith("text that differs in almost every row (about ")
    assert found.inputs == ("half", "size", "rooms")
    assert summary(found) == (
        "1 numeric and 2 categorical columns, 7 left out (row_number, who, always, never, day, …)"
    )


@pytest.mark.spark
def test_a_declared_role_wins_over_what_a_column_looks_like(spark: SparkSession) -> None:
    rows = spark.range(40).selectExpr("id", "id AS code", "concat('t', id) AS text", "id * 2 AS price")
    found = assign_roles(rows, features(numeric=["code"], categorical=["text"]), ["id"])
    assert (found.numeric, found.categorical) == (("code",), ("text",))


@pytest.mark.spark
@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"label": "cost"}, r"features\.label: there is no column 'cost'\. Columns here: id, price, text\."),
        ({"exclude": ["nope"]}, r"features\.exclude: there is no column 'nope'"),
        ({"categorical": ["nope"]}, r"features\.categorical: there is no column 'nope'"),
        ({"numeric": ["text"]}, r"features\.numeric: column 'text' is STRING, not a number\."),
    ],
)
def test_declared_columns_must_fit(spark: SparkSession, declared: dict[str, Any], sentence: str) -> None:
    rows = spark.range(3).selectExpr("id", "CAST(id AS STRING) AS text", "id AS price")
    with pytest.raises(ConfigError, match=sentence):
        assign_roles(rows, features(**declared), ["id"])


@pytest.mark.spark
def test_nothing_to_learn_from_is_refused_with_the_reasons(spark: SparkSession) -> None:
    rows = spark.range(30).selectExpr("id", "1 AS one", "id AS price")
    with pytest.raises(DataRefused, match=r"no column is left to learn from \(one: the same value in every"):
        assign_roles(rows, features(), ["id"])
