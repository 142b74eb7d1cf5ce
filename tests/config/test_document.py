"""YAML 1.2 scalars, the lines of keys, anchors and merge keys."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from pipeline.config.document import plain_scalar, read_document
from pipeline.config.tree import Node, Scalar, places, to_values


def read(text: str) -> Node:
    tree = read_document(text, "a.yaml", Path("/here"))
    assert tree is not None
    return tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("12", 12),
        ("-7", -7),
        ("+1", 1),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("2010-01-31", "2010-01-31"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("1e", "1e"),
        (".", "."),
    ],
)
def test_plain_scalars_follow_the_core_schema(text: str, value: Scalar) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)
    assert to_values(read(f"a: {text}"))["a"] == value


def test_not_a_number_is_a_number() -> None:
    found = plain_scalar(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize("text", ["'3'", '"3"', "!!str 3", "|\n  3", ">-\n  3"])
def test_a_quoted_number_is_a_text(text: str) -> None:
    assert to_values(read(f"a: {text}\n"))["a"].strip() == "3"


def test_every_key_knows_its_line() -> None:
    tree = read("# first\na:\n  b: 1\n  c: [2,\n    3]\nd: {e: 4}\n")
    lines = {path: origin.line for path, origin in places(tree).origins.items()}
    assert lines == {"": 2, "a": 2, "a.b": 3, "a.c": 4, "a.c.0": 4, "a.c.1": 5, "d": 6, "d.e": 6}


def test_a_literal_block_knows_the_line_of_each_of_its_lines() -> None:
    tree = read("a:\n  q: |\n    one\n    two\n  r: >\n    one\n    two\n")
    block, folded = tree.at(("a", "q")), tree.at(("a", "r"))
    assert block is not None
    assert folded is not None
    assert block.origin.at_line(2) == "a.yaml:4"
    assert folded.origin.at_line(2) == "a.yaml:5"


def test_an_alias_repeats_its_anchor() -> None:
    assert to_values(read("a: &x {b: 1}\nc: *x\n")) == {"a": {"b": 1}, "c": {"b": 1}}


def test_own_keys_win_over_merged_ones_and_earlier_merged_ones_over_later() -> None:
    tree = read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 3\n")
    assert to_values(tree)["z"] == {"a": 3, "b": 1, "c": 2}


def test_keys_are_texts_as_written() -> None:
    assert to_values(read("2010: a\n1e3: b\nnull: c\n")) == {"2010": "a", "1e3": "b", "null": "c"}


def test_nothing_but_comments_is_no_tree() -> None:
    assert read_document("# nothing\n", "a.yaml", Path("/here")) is None
