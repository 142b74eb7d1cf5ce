from __future__ import annotations

import pytest

from pipeline.config.sql import read_expression, read_query


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("price > > 0", "is not valid Spark SQL at character 9: '> >' is no operator."),
        ("coalesce(a,, b)", "is not valid Spark SQL at character 11: nothing stands beside a ','."),
        ("coalesce(, b)", "is not valid Spark SQL at character 9: nothing stands beside a ','."),
        ("a IN (1,)", "is not valid Spark SQL at character 8: nothing stands beside a ','."),
        ("a IN ()", "has IN without a value behind it. Write IN (1, 2), with at least one."),
        ("cast(a AS INT", "is not valid Spark SQL at character 5: the '(' there is never closed."),
        ("a > :limit", "holds :limit, which stands for a value that nobody gives. Write the value."),
        ("a > ?", "holds ?, which stands for a value that nobody gives. Write the value."),
    ],
)
def test_what_only_sqlglot_accepts_is_refused(text: str, sentence: str) -> None:
    mistake = read_expression(text).mistake
    assert mistake is not None
    assert mistake.sentence == sentence


def test_a_mistake_in_a_query_has_its_line() -> None:
    assert read_query("SELECT a,\n  b,\nFROM h", ["h"]).mistake == (
        "is not valid Spark SQL at line 2, character 4: nothing stands beside a ','.",
        2,
    )
    assert read_query("SELECT * FROM h a JOIN h b ON", ["h"]).mistake == (
        "is not valid Spark SQL at character 28: nothing follows ON.",
        1,
    )


@pytest.mark.parametrize(
    "text",
    [
        "a >> 2",
        "CAST(a AS ARRAY<ARRAY<INT> >) IS NULL",
        "concat_ws(',', a, b) = '(,,'",
        "`a,(` > 1 -- (",
        "a IN (b)",
        "exists(list, x -> x IN (1, 2))",
        "transform(list, (x, place) -> x + place)",
    ],
)
def test_what_spark_accepts_stays_accepted(text: str) -> None:
    assert read_expression(text).mistake is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM h WHERE a IN (SELECT b FROM h)",
        "SELECT * FROM (VALUES (1, 2)) AS t(a, b) JOIN h USING (a)",
        "SELECT * FROM h PIVOT (sum(a) FOR b IN (1, 2))",
        "FROM h SELECT a",
        "SELECT record: price FROM h",
    ],
)
def test_a_query_that_spark_accepts_stays_accepted(text: str) -> None:
    assert read_query(text, ["h"]).mistake is None
