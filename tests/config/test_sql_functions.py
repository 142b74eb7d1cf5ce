"""Which calls a text makes, and which of them are refused."""

from __future__ import annotations

import pytest

from pipeline.config.sql import calls_in, read_batch_condition, read_condition, read_expression, read_query
from pipeline.config.sql_functions import CHANGING, REFUSED


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("abs(avg(x)) > 1", ["abs(avg(x))", "avg(x)"]),
        ("count(*) FILTER (WHERE f(a) > 1) < 2", ["count(*) FILTER (WHERE f(a) > 1)"]),
        (
            "percentile_cont(0.5) WITHIN GROUP (ORDER BY a) > 1",
            ["percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"],
        ),
        ("a IN (1, 2) AND (b OR c) AND 'f(x)' = d", []),
        ("`f`\n( a /* ) */ )", ["`f`\n( a /* ) */ )"]),
    ],
)
def test_calls_are_found_by_their_place(text: str, calls: list[str]) -> None:
    found = [text[call.start : call.end] for call in calls_in(text) if call.name not in ("filter", "group")]

    assert [call for call in found if not call.upper().startswith("IN ")][: len(calls)] == calls


@pytest.mark.parametrize("name", REFUSED)
def test_functions_that_have_no_place_anywhere(name: str) -> None:
    reads = [
        read_expression(f"{name}(a) = 1"),
        read_condition(f"`{name.upper()}` (a) = 1"),
        read_batch_condition(f"max(system.builtin.{name}(a)) = 1"),
        read_query(f"SELECT 1 FROM houses WHERE {name}(a) = 1", ["houses"]),
    ]

    for read in reads:
        assert read.mistake is not None
        assert read.mistake.sentence.startswith(f"calls {name}(), which is not allowed: ")


@pytest.mark.parametrize("name", ["now", "uuid", "localtimestamp", "input_file_name", "random", "curdate"])
def test_functions_whose_answer_changes_are_refused_in_rules_alone(name: str) -> None:
    for mistake in (
        read_condition(f"{name}() = a").mistake,
        read_batch_condition(f"max({name}()) = 1").mistake,
    ):
        assert mistake is not None
        assert mistake.sentence == f"calls {name}(), {CHANGING[name]}"
    assert read_expression(f"{name}() = a").mistake is None


def test_columns_may_be_called_like_functions() -> None:
    for text in ("now > 1 AND rand < 2 AND reflect = 3", "`current_date` > a", "unix_timestamp(a) > 1"):
        assert read_condition(text).mistake is None
