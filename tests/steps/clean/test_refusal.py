from __future__ import annotations

import pytest

from pipeline.errors import PipelineError
from pipeline.steps.clean.refusal import Reason, failed_rules, is_too_bad, too_bad, validate_balance
from pipeline.steps.clean.rules import RowRule

PRICE = RowRule("price_positive", "Sale_Price > 0", "fail", ("Sale_Price",))
COUNTS = {"read": 1_000_000, "malformed": 0, "quarantined": 18_204}


def test_one_reason() -> None:
    sentence = too_bad(
        "batch 7 of houses", "houses", COUNTS, 0.01, [Reason("price_positive", "Sale_Price", "x", 18_204)]
    )

    assert sentence == (
        "clean refused batch 7 of houses: 18,204 of 1,000,000 rows (1.8 %) break 'price_positive'; "
        "sources.houses.max_quarantined is 0.01. Nothing was written. Correct the types or rules of the "
        "source, or allow more."
    )


def test_several_reasons() -> None:
    reasons = [
        Reason("type", "Sale_Price", "'abc' is not a DOUBLE", 6),
        Reason("malformed", "_corrupt_record", "…", 3),
        Reason("key", "Order", "…", 2),
    ]

    sentence = too_bad(
        "batch 1 of houses", "houses", {"read": 20, "malformed": 3, "quarantined": 8}, 0.05, reasons
    )

    assert sentence.startswith(
        "clean refused batch 1 of houses: 11 of 20 rows (55 %) are bad: 6 have a wrong type in Sale_Price "
        "('abc' is not a DOUBLE), 3 are malformed, 2 have no Order, which is part of the key; sources"
    )


def test_the_limit_itself_is_allowed() -> None:
    assert not is_too_bad({"read": 100, "malformed": 2, "quarantined": 3}, 0.05)
    assert is_too_bad({"read": 100, "malformed": 3, "quarantined": 3}, 0.05)
    assert not is_too_bad({"read": 0, "malformed": 0, "quarantined": 0}, 0.0)


def test_a_rule_that_says_fail() -> None:
    counts = {"read": 10, "failed.price_positive": 3}

    assert failed_rules("batch 7 of houses", counts, [PRICE]) == (
        "clean refused batch 7 of houses: 3 of 10 rows (30 %) break 'price_positive' (Sale_Price > 0), whose "
        "on_failure is fail. Nothing was written. Correct the files or the rule."
    )
    assert failed_rules("batch 7 of houses", {"read": 10, "failed.price_positive": 0}, [PRICE]) is None


def test_the_ledger_must_add_up() -> None:
    terms = dict.fromkeys(
        ("malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older"), 1
    )

    validate_balance("batch 7 of houses", {**terms, "read": 7})
    with pytest.raises(
        PipelineError, match=r"cannot account for batch 7 of houses: read 8 is not malformed 1 \+ .* = 7"
    ):
        validate_balance("batch 7 of houses", {**terms, "read": 8})
