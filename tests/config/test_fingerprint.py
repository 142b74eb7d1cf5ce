"""When a section says the same, and when it does not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pipeline.config import fingerprint, load_config

Write = Callable[..., str]


def test_it_is_short_and_never_changes_by_itself(minimal: str) -> None:
    config = load_config([minimal], environ={})
    assert fingerprint(config.features) == fingerprint(config.features)
    assert len(fingerprint(config.features)) == 12
    assert fingerprint("a", 1, None, {"b": [1.5, True]}) == "077d5cdf14f3"


@pytest.mark.parametrize(
    "same",
    [
        "features: {scale: standard, exclude: []}",
        "features: {exclude: null}",
        "# another line\n\nfeatures: {label: price}",
    ],
)
def test_defaults_and_lines_make_no_difference(write: Write, minimal: str, same: str) -> None:
    plain, above = (
        load_config([minimal], environ={}),
        load_config([minimal, write(same, "above.yaml")], environ={}),
    )
    assert fingerprint(plain.features) == fingerprint(above.features)


@pytest.mark.parametrize(
    "other", ["features: {scale: robust}", "features: {exclude: [a]}", "features: {label: b}"]
)
def test_content_makes_a_difference(write: Write, minimal: str, other: str) -> None:
    plain, above = (
        load_config([minimal], environ={}),
        load_config([minimal, write(other, "above.yaml")], environ={}),
    )
    assert fingerprint(plain.features) != fingerprint(above.features)


def test_the_order_of_keys_makes_no_difference_and_that_of_lists_does(write: Write, minimal: str) -> None:
    texts = ["{derive: {a: x, b: y}}", "{derive: {b: y, a: x}}", "{exclude: [a, b]}", "{exclude: [b, a]}"]
    files = [write(f"features: {text}\n", f"{number}.yaml") for number, text in enumerate(texts)]
    marks = [fingerprint(load_config([minimal, file], environ={}).features) for file in files]
    assert marks[0] == marks[1]
    assert marks[2] != marks[3]


def test_secrets_make_no_difference(write: Write, minimal: str) -> None:
    above = write(
        "sources: {houses: {options: {password: '${env:PW}', sep: '${env:SEP:-;}'}}}\n", "above.yaml"
    )
    marks = [
        fingerprint(load_config([minimal, above], environ=environ).sources["houses"])
        for environ in ({"PW": "one"}, {"PW": "two"}, {"PW": "one", "SEP": ","})
    ]
    assert marks[0] == marks[1] != marks[2]


def test_keys_can_be_left_out(write: Write, minimal: str) -> None:
    above = write("sources: {houses: {path: elsewhere/*.csv}}\n", "above.yaml")
    plain, moved = (
        load_config(files, environ={}).sources["houses"] for files in ([minimal], [minimal, above])
    )
    assert fingerprint(plain) != fingerprint(moved)
    assert fingerprint(plain, without=["path"]) == fingerprint(moved, without=["path"])


def test_several_parts_count_each_in_its_place(minimal: str) -> None:
    config = load_config([minimal], environ={})
    assert fingerprint(config.split, config.seed) != fingerprint(config.seed, config.split)
    assert fingerprint(config.split, 1) != fingerprint(config.split, 2)
