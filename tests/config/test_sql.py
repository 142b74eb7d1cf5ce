"""SQL read for its form only: what must pass, and what hides well. Most refusals are in the gallery."""

from __future__ import annotations

import pytest

from pipeline.config.sql import SqlMistake, columns_in, read_expression, read_query


@pytest.mark.parametrize(
    "text",
    [
        "price > 0",
        "price > 0 -- really",
        "`my col` + 1",
        "a <=> b AND NOT c",
        "CASE WHEN a THEN 1 ELSE 0 END",
        "CAST(a > b AS INT)",
        "a::double / 2D",
        "name RLIKE '^[a-z]+$'",
        "day BETWEEN DATE '2006-01-01' AND current_date()",
        "made + INTERVAL 3 DAYS",
        "exists(items, x -> x.price > 0)",
        "aggregate(items, 0D, (total, x) -> total + x)",
        "address.city = 'Ames'",
        "prices['low']",
        "greatest(a, b) = try_cast(c AS DOUBLE)",
        "Order > 0",
        "Comment IS NOT NULL",
        "Load > 0",
        "(a + b) * c",
    ],
)
def test_expressions_over_one_row(text: str) -> None:
    assert read_expression(text).mistake is None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM houses",
        "SELECT * EXCEPT (a) FROM houses;",
        "WITH new AS (SELECT * FROM Houses WHERE a > 1) SELECT * FROM new n JOIN prices p USING (id)",
        "SELECT a, count(*) FROM houses GROUP BY ALL",
        "SELECT a FROM houses LATERAL VIEW explode(items) t AS item",
        "SELECT a FROM houses UNION ALL SELECT a FROM prices",
        "SELECT a FROM houses h WHERE EXISTS (SELECT 1 FROM prices p WHERE p.id = h.id)",
        "SELECT *, row_number() OVER (PARTITION BY a ORDER BY b) AS r FROM houses QUALIFY r = 1",
        "SELECT id FROM range(10)",
    ],
)
def test_queries_over_the_sources(text: str) -> None:
    assert read_query(text, ["houses", "prices"]).mistake is None


@pytest.mark.parametrize(
    "text",
    [
        "reflect('java.lang.Runtime', 'getRuntime')",
        "a > 0 AND Java_Method('a', 'b') = ''",
        "`reflect`('a', 'b')",
        "system.builtin.reflect('a', 'b')",
        "transform(items, x -> try_reflect(x, 'b'))",
        "CASE WHEN a THEN reflect('a', 'b') END",
    ],
)
def test_functions_that_reach_into_java_are_found_wherever_they_hide(text: str) -> None:
    for read in (read_expression(text), read_query(f"SELECT {text} FROM houses", ["houses"])):
        assert read.mistake is not None
        assert read.mistake.sentence.endswith("(), which is not allowed: it reaches outside of SQL.")


def test_a_table_named_by_an_expression_is_refused() -> None:
    mistake = read_query("SELECT * FROM identifier('other')", ["houses"]).mistake
    assert mistake == SqlMistake("calls identifier(), which is not allowed: it reaches outside of SQL.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a; ", "ends with ';'. Take it out."),
        (
            "explode(items)",
            "reads or makes many rows. Only an expression over one row's columns can stand here.",
        ),
        ("DROP TABLE houses", "is 'DROP TABLE houses'. Write an expression over one row's columns."),
        ("1 = 1) OR (1 = 1", "is not valid Spark SQL at character 6, near '1 = 1) OR (1 = 1'."),
        ("(" * 5000 + "1" + ")" * 5000, f"is nested too deeply: '{'(' * 59}…'."),
    ],
)
def test_no_expressions(text: str, sentence: str) -> None:
    assert read_expression(text).mistake == SqlMistake(sentence)


def test_the_line_of_a_mistake() -> None:
    mistake = read_query("SELECT a\nFROM houses\nWHERE", ["houses"]).mistake
    assert mistake == SqlMistake("is not valid Spark SQL at line 3, character 5, near 'WHERE'.", 3)


def test_nothing_is_logged_about_other_statements(caplog: pytest.LogCaptureFixture) -> None:
    read_expression("SHOW TABLES")
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["other.houses", "house", "spark_catalog.other.houses"])
def test_a_table_that_is_no_source(name: str) -> None:
    mistake = read_query(f"SELECT * FROM {name}", ["houses"]).mistake
    assert mistake is not None
    assert mistake.sentence.startswith(f"reads '{name}', which is no source.")


def test_columns_in_small_letters_with_their_parents() -> None:
    tree = read_expression("Price + h.`Lot Area` + items[0].n + transform(a, x -> x + B)").tree
    assert tree is not None
    assert columns_in(tree) == {"price", "h", "lot area", "items", "a", "b"}
