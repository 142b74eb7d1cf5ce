"""Spark's types and schemas, read without Spark."""

from __future__ import annotations

import pytest

from pipeline.config.spark_types import schema_columns, type_mistake


@pytest.mark.parametrize(
    "text",
    [
        "STRING",
        "bigint",
        " DECIMAL ( 10 , 2 ) ",
        "decimal(38)",
        "VARCHAR(20)",
        "TIMESTAMP_NTZ",
        "ARRAY<STRING>",
        "MAP<STRING, ARRAY<INT>>",
        "STRUCT<a: INT, b: DECIMAL(5, 2)>",
        "struct<>",
        "array<struct<x:int,`y z`:map<string,int>>>",
    ],
)
def test_types_that_spark_has(text: str) -> None:
    assert type_mistake(text) is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "has '' where a type is expected."),
        ("int64", "has the type int64, which a column cannot have. Did you mean 'BIGINT'?"),
        ("STRNG", "has the type STRNG, which a column cannot have. Did you mean 'STRING'?"),
        (
            "polygon",
            (
                "has the type polygon, which a column cannot have. "
                "Write one such as STRING, BIGINT, DOUBLE or TIMESTAMP."
            ),
        ),
        ("ARRAY<STRNG>", "has the type STRNG, which a column cannot have. Did you mean 'STRING'?"),
        ("ARRAY<INT", "has the type 'ARRAY<INT'; write ARRAY<…>, with every < closed."),
        ("ARRAY", "has the type 'ARRAY'; write ARRAY<…>, with every < closed."),
        ("MAP<STRING>", "has the type 'MAP<STRING>'; write ARRAY<type> or MAP<type, type>."),
        ("CHAR", "has the type CHAR without a length, as in CHAR(20)."),
        ("INT(3)", "has the type INT(3), whose size does not fit. Write DECIMAL(12, 2) or VARCHAR(20)."),
        (
            "DECIMAL(5, 9)",
            "has the type DECIMAL(5, 9), whose size does not fit. Write DECIMAL(12, 2) or VARCHAR(20).",
        ),
        ("INT INT", "has 'INT' after the type. Take it out."),
    ],
)
def test_types_that_it_has_not(text: str, mistake: str) -> None:
    assert type_mistake(text) == mistake


def test_a_schema_gives_its_columns() -> None:
    ddl = "Order BIGINT NOT NULL, `a, b` STRING COMMENT 'x, y', c: MAP<STRING, INT>"
    ddl += ', d DECIMAL(5, 2) comment "it\'s"'
    columns = {"Order": "BIGINT", "a, b": "STRING", "c": "MAP<STRING, INT>", "d": "DECIMAL(5, 2)"}
    assert schema_columns(ddl) == (columns, None)


@pytest.mark.parametrize(
    ("ddl", "mistake"),
    [
        ("", "has '' where a column and its type are expected, as in Order BIGINT."),
        ("a INT,", "has '' where a column and its type are expected, as in Order BIGINT."),
        ("a", "has 'a' where a column and its type are expected, as in Order BIGINT."),
        ("order-id INT", "has 'order-id INT' where a column and its type are expected, as in Order BIGINT."),
        ("a INT b INT", "has 'b INT' after the type of 'a'. Take it out."),
        ("a INT, `A` INT", "has the column 'A' twice. Keep one."),
        (
            "a INT, b text",
            "has a column 'b' that has the type text, which a column cannot have. Did you mean 'STRING'?",
        ),
    ],
)
def test_a_schema_with_a_mistake(ddl: str, mistake: str) -> None:
    assert schema_columns(ddl)[1] == mistake
