"""`--set a.b=value`."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config import load_config, public_values
from pipeline.config.kinds import split_path
from pipeline.errors import ConfigError


@pytest.mark.parametrize(
    ("argument", "path", "value"),
    [
        ("train.folds=5", "train.folds", 5),
        ("train.folds = 5", "train.folds", 5),
        ("split.salt=NO", "split.salt", "NO"),
        ("split.salt='5'", "split.salt", "5"),
        ("split.salt=5", "split.salt", "5"),
        ("split.salt=a=b", "split.salt", "a=b"),
        ("features.exclude=[a, b]", "features.exclude", ["a", "b"]),
        ("features.exclude=a", "features.exclude", ["a"]),
        ("train.learners.gbt.space.maxDepth=[3, 5]", "train.learners.gbt.space.maxDepth", [3, 5]),
        ("train.search={max_trials: 3}", "train.search.max_trials", 3),
        ("train.every=30d", "train.every", "30d"),
        ("features.derive.x=`my col` + 1", "features.derive.x", "`my col` + 1"),
        ("features.query=SELECT a: b FROM houses", "features.query", "SELECT a: b FROM houses"),
        (
            "features.query=SELECT '{x: 1}' AS a FROM houses",
            "features.query",
            "SELECT '{x: 1}' AS a FROM houses",
        ),
        ("spark.conf.spark.sql.shuffle.partitions=8", "spark.conf.spark.sql.shuffle.partitions", "8"),
        ("sources.houses.rules.some.check=price > 0", "sources.houses.rules.some.check", "price > 0"),
    ],
)
def test_values(minimal: str, argument: str, path: str, value: object) -> None:
    found: Any = public_values(load_config([minimal], [argument], environ={}))
    for part in split_path(path):
        found = found[part]
    assert found == value


def test_null_takes_back_what_the_file_says(minimal: str) -> None:
    with pytest.raises(ConfigError, match=r"'features\.label' is missing"):
        load_config([minimal], ["features.label=null"], environ={})


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("folds", "--set 'folds' is not understood. Write --set key.below=value, as in train.folds=5."),
        ("=5", "--set '=…' is not understood. Write --set key.below=value, as in train.folds=5."),
        (
            "train..folds=5",
            "--set 'train..folds=…' is not understood. Write --set key.below=value, as in train.folds=5.",
        ),
        ("train.=5", "--set 'train.=…' is not understood. Write --set key.below=value, as in train.folds=5."),
        (
            "train.folds=",
            "--set train.folds has no value. Write train.folds=null to take back what the files say.",
        ),
        (
            "train.folds=[3",
            "--set train.folds: the list that [ opens here is not closed, or a comma is missing in it.",
        ),
        (
            "train.fold=3",
            (
                "--set train.fold: unknown key 'train.fold'. Did you mean 'folds'? Known here: choose, every,"
                " folds, imbalance, label_transform, learners, local_memory, metric, placement, search."
            ),
        ),
        (
            "train.folds=many",
            "--set train.folds: 'train.folds' is 'many'. Allowed: a whole number from 0 to 100.",
        ),
        (
            "name.first=a",
            (
                "--set name.first: 'name' is a map. "
                "Allowed: small letters, digits and _, a letter first, at most 63 in all."
            ),
        ),
        (
            "split.salt=${env:NOT_SET}",
            (
                "--set split.salt: 'split.salt' needs the environment variable NOT_SET, which is not set. "
                "Set it, or give a default: ${env:NOT_SET:-default}."
            ),
        ),
    ],
)
def test_mistakes(minimal: str, argument: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config([minimal], [argument], environ={})
    assert str(refused.value) == sentence
