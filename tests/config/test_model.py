"""Promises that hold for every key of the model, now and when keys are added."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from pipeline.config.base import FolderRelative, Section
from pipeline.config.kinds import ROOT, Kind, fields, kind_of, split_path
from pipeline.config.model import Config
from pipeline.config.rules import KINDS
from pipeline.config.train import Train


def all_fields(kind: Kind = ROOT, path: str = "") -> Iterator[tuple[str, FieldInfo]]:
    if kind.section:
        for name, info in fields(kind.section).items():
            yield f"{path}{name}", info
            yield from all_fields(Kind.of(info.annotation, info.metadata), f"{path}{name}.")
    elif kind.values:
        yield from all_fields(kind.values, f"{path}<name>.")


FIELDS = dict(all_fields())


def test_the_walk_reaches_the_depths() -> None:
    assert {"name", "sources.<name>.rules.<name>.check", "train.learners.<name>.space"} <= set(FIELDS)


@pytest.mark.parametrize("path", FIELDS)
def test_every_key_is_documented(path: str) -> None:
    assert (FIELDS[path].description or "").strip().endswith((".", "`."))


@pytest.mark.parametrize("path", FIELDS)
def test_null_is_the_same_as_not_writing_a_key(path: str) -> None:
    info = FIELDS[path]
    allows_null = type(None) in getattr(info.annotation, "__args__", ())
    assert not allows_null or info.default is None


@pytest.mark.parametrize("path", FIELDS)
def test_every_kind_has_words(path: str) -> None:
    kind = Kind.of(FIELDS[path].annotation, FIELDS[path].metadata)
    assert kind.words
    assert "typing" not in kind.words


def test_sections_are_frozen_and_closed() -> None:
    frozen = "folds"
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Train(), frozen, 5)
    with pytest.raises(ValidationError, match="Extra inputs"):
        Train.model_validate({"fold": 5})


def test_sections_are_not_shared_between_configurations() -> None:
    values = {
        "name": "a",
        "task": "regression",
        "sources": {"a": {"path": "a.csv"}},
        "features": {"label": "b"},
    }
    first, second = Config.model_validate(values), Config.model_validate(values)
    shared = [
        name for name in fields(Config) if _is_shared_section(getattr(first, name), getattr(second, name))
    ]
    assert shared == []


def _is_shared_section(one: object, other: object) -> bool:
    return isinstance(one, Section) and one is other


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("train.folds", "a whole number from 0 to 100"),
        ("split.test", "a number above 0 and below 1"),
        ("train.search.max_trials", "a whole number above 0"),
        ("promote.min_improvement", "a number at least 0"),
        ("features.scale", "standard, minmax, robust, none"),
        ("features.numeric", "auto or a name or a list of names"),
        ("sources.a.format", "csv, json, parquet, orc, avro, delta"),
        ("sources.a.rules", f"a map of names, each with the keys {', '.join(KINDS)}, on_failure"),
        ("sources.a.key.0", "a text"),
        ("train.learners.a.params.b", "true or false, a whole number, a number or a text"),
    ],
)
def test_kinds_in_words(path: str, words: str) -> None:
    kind = kind_of(path.split("."))
    assert kind is not None
    assert kind.words == words


def test_there_is_no_kind_below_a_plain_value_or_an_unknown_key() -> None:
    assert kind_of(["train", "folds", "a"]) is None
    assert kind_of(["trian", "folds"]) is None


@pytest.mark.parametrize(
    ("dotted", "parts"),
    [
        ("train.folds", ("train", "folds")),
        ("spark.conf.spark.ui.enabled", ("spark", "conf", "spark.ui.enabled")),
        ("sources.a.rules.b.check", ("sources", "a", "rules", "b", "check")),
        ("sources.a.options.x.y", ("sources", "a", "options", "x.y")),
        ("nothing.like.it", ("nothing", "like", "it")),
    ],
)
def test_dotted_paths(dotted: str, parts: tuple[str, ...]) -> None:
    assert split_path(dotted) == parts


def test_paths_are_marked() -> None:
    marked = {
        path for path, info in FIELDS.items() if Kind.of(info.annotation, info.metadata).mark(FolderRelative)
    }
    assert marked == {"lake.root", "tracking.uri", "sources.<name>.path"}
