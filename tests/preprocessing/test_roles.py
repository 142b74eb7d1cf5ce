from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config.features import Features
from pipeline.errors import ConfigError, DataRefused
from pipeline.preprocessing.roles import Role, assign_roles, summary


def features(**more: Any) -> Features:
    return Features.model_validate({"label": "price", **more})


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
        "id / 3 AS size_weight",
        "id * 7 AS tour_id",
        "array(id) AS many",
        "'x' AS secret",
        "id * 1000 AS price",
    )
    found = assign_roles(
        rows, features(exclude=["secret"], categorical=["rooms"], weight="size_weight"), ["id"]
    )
    derive = "derive a number or a text from it, such as"
    assert found.all == (
        Role("id", "key", "names the row"),
        Role("row_number", "excluded", "looks like a row number: nearly every whole number once"),
        Role("who", "excluded", "text that differs in almost every row (about 40 values)"),
        Role("half", "categorical", "STRING with about 2 values"),
        Role("size", "numeric", "DOUBLE"),
        Role("rooms", "categorical", "declared"),
        Role("always", "excluded", "the same value in every row"),
        Role("never", "excluded", "no value in any row"),
        Role("day", "excluded", f'DATE: {derive} derive: {{day_year: "year(day)"}}'),
        Role("size_weight", "excluded", "how much a row counts: features.weight"),
        Role("tour_id", "excluded", "an id: named like one, and another whole number in almost every row"),
        Role("many", "excluded", f'ARRAY<BIGINT>: {derive} derive: {{many_size: "size(many)"}}'),
        Role("secret", "excluded", "declared in features.exclude"),
        Role("price", "label", "what is predicted"),
    )
    assert found.inputs == ("half", "size", "rooms")
    assert summary(found) == (
        "1 numeric and 2 categorical columns, 9 left out (row_number, who, always, never, day, …)"
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
        (
            {"label": "prize"},
            r"no column 'prize'\. Did you mean 'price'\? Columns here: id, price, text\.",
        ),
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
