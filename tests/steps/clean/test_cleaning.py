from __future__ import annotations

import pytest

from pipeline.config.cleaning import Column, Unit
from pipeline.config.sources import Source
from pipeline.steps.clean.cleaning import Cleaning, declared_type, in_unit, plain_number
from pipeline.steps.clean.expressions import literal


def cleaning(**columns: dict[str, object]) -> Cleaning:
    return Cleaning.of(Source.model_validate({"path": "a.csv", "nulls": ["NA"], "columns": columns}))


def test_a_column_without_declarations_loses_only_its_nulls() -> None:
    plain = cleaning(other={"trim": True})

    assert plain.text("a", "v") == f"IF(v IN ({literal('NA')}), NULL, v)"
    assert plain.typed("a", "v", "INT") == "try_cast(v AS INT)"
    assert [plain.is_plain(name) for name in ("a", "other")] == [True, False]


def test_trim_comes_before_nulls_and_these_before_case_and_map() -> None:
    text = cleaning(sex={"trim": True, "nulls": "?", "case": "lower", "map": {"f": "female"}}).text(
        "sex", "v"
    )

    trimmed = text[text.index("btrim(") : text.index(" IN (")]
    cleaned = f"lower(IF({trimmed} IN ({literal('?')}), NULL, {trimmed}))"
    assert text == f"coalesce(try_element_at(map({literal('f')}, {literal('female')}), {cleaned}), {cleaned})"


def test_a_renamed_column_is_found_by_both_names_in_any_case() -> None:
    renamed = cleaning(**{"Sale Price": {"rename": "price", "trim": True}})

    assert (renamed.received_name("PRICE"), renamed.silver_name("sale price")) == ("Sale Price", "price")
    assert (renamed.received_name("other"), renamed.silver_name("other")) == ("other", "other")
    assert (
        renamed.column("Price") == renamed.received_column("SALE PRICE") == Column(rename="price", trim=True)
    )


@pytest.mark.parametrize(
    ("declared", "found", "kind"),
    [
        (Column(), "BIGINT", "BIGINT"),
        (Column(formats=("yyyy-MM-dd",)), "STRING", "DATE"),
        (Column(formats=("yyyy-MM-dd", "yyyy-MM-dd HH:mm")), "STRING", "TIMESTAMP"),
        (Column(decimal=","), "BIGINT", "DOUBLE"),
        (Column(decimal=","), "STRING", "DOUBLE"),
        (Column(thousands=","), "BIGINT", "BIGINT"),
        (Column(thousands=","), "STRING", "DOUBLE"),
        (Column(unit=Unit(multiply=60)), "BIGINT", "BIGINT"),
        (Column(unit=Unit(multiply=0.5)), "BIGINT", "DOUBLE"),
        (Column(unit=Unit(multiply=1e300)), "BIGINT", "DOUBLE"),
        (Column(unit=Unit(multiply=0.5)), "DECIMAL(12,2)", "DECIMAL(12,2)"),
        (Column(unit=Unit(multiply=0.5)), "INT", "DOUBLE"),
    ],
)
def test_what_is_declared_says_the_type(declared: Column, found: str, kind: str) -> None:
    assert declared_type(declared, found) == kind


@pytest.mark.parametrize(
    ("unit", "kind", "sql"),
    [
        (Unit(multiply=0.5), "DOUBLE", "try_multiply(try_cast(v AS DOUBLE), 0.5D)"),
        (Unit(add=-32), "DOUBLE", "try_add(try_cast(v AS DOUBLE), -32.0D)"),
        (Unit(multiply=60), "BIGINT", "try_multiply(try_cast(v AS BIGINT), 60L)"),
        (Unit(multiply=60), "INT", "try_cast(try_multiply(try_cast(v AS BIGINT), 60L) AS INT)"),
        (
            Unit(multiply=1e-05, add=2),
            "DECIMAL(9)",
            "try_cast(try_add(try_multiply(try_cast(v AS DECIMAL(30, 4)), 0.00001BD), 2.0BD) AS DECIMAL(9))",
        ),
        (
            Unit(multiply=1e30),
            "DECIMAL(12,2)",
            "try_cast(try_multiply(try_cast(v AS DOUBLE), 1e+30D) AS DECIMAL(12,2))",
        ),
    ],
)
def test_another_unit(unit: Unit, kind: str, sql: str) -> None:
    assert in_unit("v", unit, kind) == sql


def test_a_number_as_sql_reads_it_is_left_alone() -> None:
    assert plain_number(Column(), "v") == "v"
