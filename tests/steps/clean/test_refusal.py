from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.errors import PipelineError
from pipeline.steps.clean.counting import Counts, Measured, broken_batch_rules, measured_details
from pipeline.steps.clean.input import BatchInput
from pipeline.steps.clean.refusal import Reason, failed_rules, is_too_bad, too_bad, validate_balance
from pipeline.steps.clean.rules import BatchRule, Check, RowRule, Rules

CHECK = Check(0, ("Sale_Price",), "Sale_Price > 0", "Sale_Price > 0", "''")
PRICE = RowRule("price_positive", "check", "fail", (CHECK,))
AVERAGE = BatchRule("plausible", "avg(Sale_Price) > 50000", "fail", ("avg(Sale_Price)",))
COUNTS = {"read": 1_000_000, "malformed": 0, "quarantined": 18_204}
BATCH = BatchInput("clean", 7, None, 10, {})
DECIDE = (
    ", or decide: 'pipeline clean --accept 7' takes the batch as it is, '--reject 7' leaves it out, both "
    "with --source houses and a --reason. Later batches wait."
)


def found(rows: Mapping[str, int], met: bool | None = True, **values: Any) -> Counts:
    return Counts(rows, (Measured(AVERAGE, values or {"avg(Sale_Price)": 60_000.5}, met),), {})


def test_one_reason() -> None:
    reason = Reason("price_positive", "Sale_Price", "x", 18_204)

    assert too_bad(BATCH, "houses", COUNTS, 0.01, [reason]) == (
        "clean refused batch 7 of houses: 18,204 of 1,000,000 rows (1.8 %) break 'price_positive'; "
        "sources.houses.max_quarantined is 0.01. Nothing was written. Correct the types or rules of the "
        f"source{DECIDE}"
    )


def test_several_reasons() -> None:
    reasons = [
        Reason("type", "Sale_Price", "'abc' is not a DOUBLE", 6),
        Reason("unreadable", "_source_file", "unreadable file: no gzip", 3),
        Reason("key", "Order", "…", 2),
    ]

    sentence = too_bad(BATCH, "houses", {"read": 20, "malformed": 3, "quarantined": 8}, 0.05, reasons)

    assert sentence.startswith(
        "clean refused batch 7 of houses: 11 of 20 rows (55 %) are bad: 6 have a wrong type in Sale_Price "
        "('abc' is not a DOUBLE), 3 stand for an unreadable file (unreadable file: no gzip), 2 have no "
        "Order, which is part of the key; sources"
    )


def test_the_limit_itself_is_allowed() -> None:
    assert not is_too_bad({"read": 100, "malformed": 2, "quarantined": 3}, 0.05)
    assert is_too_bad({"read": 100, "malformed": 3, "quarantined": 3}, 0.05)
    assert not is_too_bad({"read": 0, "malformed": 0, "quarantined": 0}, 0.0)


def test_a_rule_that_says_fail() -> None:
    rules = Rules((PRICE,), (AVERAGE,))
    broken = found({"read": 10, "failed.price_positive": 3})

    assert failed_rules(BATCH, "houses", broken, rules) == (
        "clean refused batch 7 of houses: 3 of 10 rows (30 %) break 'price_positive' (Sale_Price > 0), whose "
        f"on_failure is fail. Nothing was written. Correct the rule{DECIDE}"
    )
    assert failed_rules(BATCH, "houses", found({"read": 10, "failed.price_positive": 0}), rules) is None


def test_a_batch_rule_that_says_fail() -> None:
    rules, rows = Rules((), (AVERAGE,)), {"read": 10}

    assert failed_rules(BATCH, "houses", found(rows, False, **{"avg(Sale_Price)": 12.25}), rules) == (
        "clean refused batch 7 of houses: 'plausible' (avg(Sale_Price) > 50000) is false: "
        f"avg(Sale_Price) = 12.25. Nothing was written. Correct the rule{DECIDE}"
    )
    refresh = BatchInput("refresh", 1, None, 10, {})
    assert failed_rules(refresh, "houses", found(rows, None), rules) == (
        "clean refused refresh 1 of houses: 'plausible' (avg(Sale_Price) > 50000) cannot be evaluated: "
        "avg(Sale_Price) = 60,000. Nothing was written. Correct the rule, and run the same command again."
    )
    nothing = found(rows, None, **{"avg(Sale_Price)": None})
    assert failed_rules(BATCH, "houses", nothing, rules) is None
    assert measured_details(nothing) == {"rule.plausible": "avg(Sale_Price) = NULL: nothing to judge"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (180_921.4, "180,921"),
        (0.123456, "0.1235"),
        (2_000, "2,000"),
        (1e20, "1e+20"),
        (True, "True"),
        ("b", "b"),
    ],
)
def test_what_was_measured_is_written_down_in_words(value: object, words: str) -> None:
    counts = found({}, **{"max(x)": value})

    assert measured_details(counts) == {"rule.plausible": f"max(x) = {words}: true"}


def test_broken_batch_rules_are_told_from_the_ledger() -> None:
    rules = Rules((), (AVERAGE,))
    broken = measured_details(found({}, False, **{"avg(Sale_Price)": 12}))

    assert list(broken_batch_rules(rules, broken)) == [
        "'plausible' (avg(Sale_Price) > 50000) is false: avg(Sale_Price) = 12"
    ]
    assert list(broken_batch_rules(rules, measured_details(found({})))) == []
    assert list(broken_batch_rules(rules, {})) == []


def test_the_ledger_must_add_up() -> None:
    terms = dict.fromkeys(
        ("malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older"), 1
    )

    validate_balance("batch 7 of houses", {**terms, "read": 7})
    with pytest.raises(
        PipelineError, match=r"cannot account for batch 7 of houses: read 8 is not malformed 1 \+ .* = 7"
    ):
        validate_balance("batch 7 of houses", {**terms, "read": 8})
