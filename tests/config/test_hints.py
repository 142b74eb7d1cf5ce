"""Small words for errors."""

from __future__ import annotations

import pytest

from pipeline.config.hints import did_you_mean, excerpt, found_words, listing, other_home, usable_name


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "empty"),
        (True, "true"),
        (3, "3"),
        (0.5, "0.5"),
        ("a  b\nc", "'a b c'"),
        ("", "''"),
        ([], "an empty list"),
        (["a"], "a list"),
        ({}, "an empty map"),
        ({"a": 1}, "a map"),
        ("x" * 61, f"'{'x' * 59}…'"),
    ],
)
def test_what_was_found(value: object, words: str) -> None:
    assert found_words(value) == words


@pytest.mark.parametrize(
    ("name", "hint"),
    [("stratgy", " Did you mean 'strategy'?"), ("MAX_TRIALS", " Did you mean 'max_trials'?"), ("window", "")],
)
def test_what_may_have_been_meant(name: str, hint: str) -> None:
    assert did_you_mean(name, ["max_trials", "strategy"]) == hint


def test_a_key_at_home_elsewhere() -> None:
    assert other_home("on_failure") == " Did you mean 'sources.<name>.rules.<name>.on_failure'?"
    assert other_home("weather") == ""


@pytest.mark.parametrize(
    ("text", "hint"), [("House Prices!", " Try 'house_prices'."), ("2 Houses", " Try 'houses'."), ("42", "")]
)
def test_a_usable_name(text: str, hint: str) -> None:
    assert usable_name(text) == hint


def test_a_listing_stays_short() -> None:
    assert listing(["a", "b"]) == "Columns: a, b."
    assert listing(f"c{number}" for number in range(14)).endswith("c10, c11 and 2 more.")
    assert listing([]) == "There are no columns: no row could be read. Is the format right?"


def test_an_excerpt_is_cut_at_sixty() -> None:
    assert excerpt("x" * 60) == f"'{'x' * 60}'"
