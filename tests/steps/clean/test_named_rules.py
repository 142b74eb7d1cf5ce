"""Named rules as SQL texts, without Spark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    LongType,
    StringType,
    TimestampNTZType,
    TimestampType,
)

from pipeline.config.rules import Rule
from pipeline.steps.clean.expressions import literal
from pipeline.steps.clean.named_rules import RuleMistake, named_checks
from pipeline.steps.clean.rules import Check


def check(rule: Mapping[str, Any], kind: DataType) -> Check:
    said = Rule.model_validate(rule)
    (found,) = named_checks(said, dict.fromkeys(said.columns, kind), 7)
    assert (found.position, found.columns) == (7, said.columns)
    return found


AMES = literal("Ames")
CONDITIONS = [
    ({"not_null": "a"}, LongType(), "`a` IS NOT NULL", "a not null"),
    ({"not_null": "a`b"}, LongType(), "`a``b` IS NOT NULL", "a`b not null"),
    ({"one_of": {"a": ["Ames"]}}, StringType(), f"`a` IN ({AMES})", "a one of Ames"),
    ({"one_of": {"a": [1, 2.5]}}, DoubleType(), "`a` IN (1, 2.5)", "a one of 1, 2.5"),
    ({"one_of": {"a": [True]}}, BooleanType(), "`a` IN (true)", "a one of True"),
    ({"between": {"a": [10, 20]}}, LongType(), "`a` >= 10 AND `a` <= 20", "a 10 to 20"),
    ({"between": {"a": [None, 1e-7]}}, DecimalType(9, 8), "`a` <= 1e-07", "a at most 1e-07"),
    ({"between": {"a": [0, None]}}, DoubleType(), "`a` >= 0 AND NOT isnan(`a`)", "a at least 0"),
    (
        {"between": {"a": ["2024-01-31", None]}},
        DateType(),
        "`a` >= DATE '2024-01-31'",
        "a at least 2024-01-31",
    ),
    (
        {"between": {"a": [None, "2024-01-31 10:00:00+01:00"]}},
        TimestampType(),
        "`a` <= TIMESTAMP '2024-01-31 10:00:00+01:00'",
        "a at most 2024-01-31 10:00:00+01:00",
    ),
    (
        {"between": {"a": ["A", "M"]}},
        StringType(),
        f"`a` >= {literal('A')} AND `a` <= {literal('M')}",
        "a A to M",
    ),
    (
        {"matches": {"a": "x|y"}},
        StringType(),
        rf"`a` RLIKE {literal(chr(92) + 'A(?:x|y)' + chr(92) + 'z')}",
        None,
    ),
    ({"length": {"a": [1, 80]}}, StringType(), "char_length(`a`) >= 1 AND char_length(`a`) <= 80", None),
    ({"length": {"a": [None, 8]}}, StringType(), "char_length(`a`) <= 8", "a of at most 8 characters"),
    ({"not_in_future": "a"}, DateType(), "`a` <= CAST(_ingested_at AS DATE)", "a not in future"),
    ({"not_in_future": "a"}, TimestampNTZType(), "`a` <= CAST(_ingested_at AS TIMESTAMP_NTZ)", None),
    ({"unique": ["a", "b"]}, LongType(), "", "a, b unique"),
]


@pytest.mark.parametrize(("rule", "kind", "condition", "said"), CONDITIONS, ids=str)
def test_conditions(rule: dict[str, Any], kind: DataType, condition: str, said: str | None) -> None:
    found = check(rule, kind)

    assert found.condition == condition
    assert said in (None, found.said)


MISTAKES = [
    ({"one_of": {"a": [1]}}, StringType(), "holds 1, and a is STRING. Write a text, between quotes."),
    ({"one_of": {"a": ["1"]}}, LongType(), "holds '1', and a is BIGINT. Write a number, without quotes."),
    ({"one_of": {"a": [True]}}, LongType(), "holds True, and a is BIGINT. Write a number, without quotes."),
    ({"one_of": {"a": ["yes"]}}, BooleanType(), "holds 'yes', and a is BOOLEAN. Write true or false."),
    (
        {"between": {"a": [2024, None]}},
        DateType(),
        "holds 2024, and a is DATE. Write a date, such as 2024-01-31.",
    ),
    (
        {"between": {"a": ["1' OR '1", None]}},
        DateType(),
        "holds \"1' OR '1\", and a is DATE. Write a date, such as 2024-01-31.",
    ),
    ({"between": {"a": [1, 2]}}, ArrayType(LongType()), "looks at single values, and a is array<bigint>."),
    ({"matches": {"a": "1"}}, LongType(), "looks at texts, and a is BIGINT."),
    ({"length": {"a": [1, 2]}}, LongType(), "looks at texts, and a is BIGINT."),
    ({"not_in_future": "a"}, LongType(), "looks at DATE and TIMESTAMP columns, and a is BIGINT."),
]


@pytest.mark.parametrize(("rule", "kind", "sentence"), MISTAKES, ids=str)
def test_values_and_types_that_do_not_fit(rule: dict[str, Any], kind: DataType, sentence: str) -> None:
    with pytest.raises(RuleMistake) as refused:
        check(rule, kind)

    assert str(refused.value) == sentence


def test_long_lists_are_cut_in_words_only() -> None:
    found = check({"one_of": {"a": list(range(20))}}, LongType())

    assert found.said == "a one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more"
    assert found.condition.count(",") == 19
