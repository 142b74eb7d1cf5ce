"""`${env:NAME}` inside texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pipeline.config import load_config
from pipeline.config.model import Config
from pipeline.errors import ConfigError

Write = Callable[..., str]


def load(write: Write, minimal: str, text: str, environ: Mapping[str, str]) -> Config:
    return load_config([minimal, write(text, "above.yaml")], environ=environ)


@pytest.mark.parametrize(
    ("written", "environ", "found"),
    [
        ("${env:SALT}", {"SALT": "abc"}, "abc"),
        ("${env:SALT:-abc}", {}, "abc"),
        ("${env:SALT:-abc}", {"SALT": ""}, "abc"),
        ("${env:SALT:-abc}", {"SALT": "x"}, "x"),
        ("'${env:SALT:-}'", {}, ""),
        ("a-${env:ONE}-${env:TWO:-2}-z", {"ONE": "1"}, "a-1-2-z"),
        ("${env:SALT}", {"SALT": "007"}, "007"),
        ("'${env:SALT}'", {"SALT": "1e3"}, "1e3"),
        ("${env:SALT}", {"SALT": "${env:OTHER}"}, "${env:OTHER}"),
        ("$5 ${other}", {}, "$5 ${other}"),
    ],
)
def test_texts(write: Write, minimal: str, written: str, environ: dict[str, str], found: str) -> None:
    assert load(write, minimal, f"split:\n  salt: {written}\n", environ).split.salt == found


def test_a_number_and_a_truth_value_can_come_from_the_environment(write: Write, minimal: str) -> None:
    params = "params:\n        a: ${env:YES}\n        b: '${env:YES}'\n"
    text = f"train:\n  folds: ${{env:FOLDS}}\n  learners:\n    x:\n      {params}"
    config = load(write, minimal, text, {"FOLDS": "5", "YES": "true"})
    assert config.train.folds == 5
    assert config.train.learners["x"].params == {"a": True, "b": "true"}


def test_a_quoted_reference_is_no_number(write: Write, minimal: str) -> None:
    with pytest.raises(
        ConfigError, match=r"^above\.yaml:1: 'train\.folds' is \*\*\*\. Allowed: a whole number"
    ):
        load(write, minimal, "train: {folds: '${env:FOLDS}'}\n", {"FOLDS": "5"})


def test_relative_paths_are_resolved_after_the_environment(write: Write, minimal: str) -> None:
    text = "lake:\n  root: ${env:ROOT:-../lake}\n"
    assert load(write, minimal, text, {"ROOT": "/data/lake"}).lake.root == "/data/lake"
    assert load(write, minimal, text, {}).lake.root.endswith("/lake")
    assert ".." not in load(write, minimal, text, {}).lake.root


def test_lists_and_settings_are_read_too(write: Write, minimal: str) -> None:
    text = "features:\n  exclude: [a, '${env:ID}']\nspark:\n  conf:\n    spark.x: ${env:X}\n"
    config = load(write, minimal, text, {"ID": "id", "X": "1"})
    assert (config.features.exclude, config.spark.conf) == (("a", "id"), {"spark.x": "1"})


def test_a_value_that_a_later_file_replaces_needs_no_variable(write: Write, minimal: str) -> None:
    below = write("split:\n  salt: ${env:NOT_SET}\n", "below.yaml")
    above = write("split: {salt: fixed}\n", "above.yaml")
    assert load_config([minimal, below, above], environ={}).split.salt == "fixed"


def test_missing_variables_are_all_told(write: Write, minimal: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write, minimal, "split:\n  salt: a${env:ONE}${env:TWO}\nseed: ${env:SEED}\n", {"TWO": ""})
    assert str(refused.value).splitlines() == [
        (
            "above.yaml:2: 'split.salt' needs the environment variable ONE, which is not set. "
            "Set it, or give a default: ${env:ONE:-default}."
        ),
        (
            "above.yaml:3: 'seed' needs the environment variable SEED, which is not set. "
            "Set it, or give a default: ${env:SEED:-default}."
        ),
    ]


def test_the_environment_is_the_process_s_own_by_default(
    write: Write, minimal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIPELINE_TEST_SALT", "from the process")
    above = write("split:\n  salt: ${env:PIPELINE_TEST_SALT}\n", "above.yaml")
    assert load_config([minimal, above]).split.salt == "from the process"
