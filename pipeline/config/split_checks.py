"""What each kind of split needs, and which keys only some kinds read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from pipeline.config.model import Config
from pipeline.config.split import Boundaries
from pipeline.config.tree import Problem

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")
_SHARES = ("train", "validation", "test")
# Which kinds of split read a key; `by` is read by all.
_READ_BY = {
    "train": ("hash", "group", "time"),
    "validation": ("hash", "group", "time"),
    "test": ("hash", "group", "time"),
    "salt": ("hash", "group"),
    "stratify": ("hash",),
    "group": ("group",),
    "column": ("column",),
    "fold_column": ("column",),
    "boundaries": ("time",),
    "window": ("time",),
    "gap": ("time",),
}


def check_split(config: Config) -> Iterator[Problem]:
    """A split has what it goes by, and no key is written that only another kind of split reads."""
    features, split = config.features, config.split
    if split.by != "time" and features.event_time is not None:
        yield Problem(
            "features.event_time",
            f"'features.event_time' is for split.by: time, and 'split.by' is {split.by}. "
            "Write split.by: time, or leave it out.",
        )
    for key, kinds in _READ_BY.items():
        if key in split.model_fields_set and split.by not in kinds:
            yield Problem(
                f"split.{key}",
                f"'split.{key}' is for split.by: {' or '.join(kinds)}, and 'split.by' is {split.by}. "
                "Leave it out.",
            )
    if split.by == "time" and features.event_time is None:
        yield Problem(
            "split.by",
            "'split.by' is time, and no column says when a row happened. Name one in features.event_time.",
        )
    if split.by == "group" and split.group is None:
        yield Problem("split.by", "'split.by' is group, and 'split.group' names no column. Name one there.")
    if split.by == "column" and split.column is None:
        yield Problem("split.by", "'split.by' is column, and 'split.column' is missing. Name one there.")
    if split.stratify and config.task == "regression":
        yield Problem(
            "split.stratify", "'split.stratify' is for classes, and 'task' is regression. Leave it out."
        )
    if split.by == "time" and split.boundaries is not None:
        yield from _boundary_problems(split.boundaries)
        yield from _problems_beside_boundaries(config)


def check_split_columns(config: Config) -> Iterator[Problem]:
    """The columns that say where a row belongs are neither its label nor features."""
    for key in ("column", "fold_column"):
        name = getattr(config.split, key)
        for path, names in _other_roles(config).items():
            if name is not None and name in names:
                yield Problem(path, f"'{path}' names '{name}', which is split.{key}. Take it out.")


def check_event_time(config: Config) -> Iterator[Problem]:
    """The time of a row is neither its label nor a feature."""
    features = config.features
    for path, names in _other_roles(config).items():
        if features.event_time is not None and features.event_time in names:
            yield Problem(
                path,
                f"'{path}' names '{features.event_time}', which is features.event_time. "
                "Take it out; a part of it can be derived, as in hour(…).",
            )


def _other_roles(config: Config) -> dict[str, tuple[str | None, ...]]:
    features = config.features
    others: dict[str, tuple[str | None, ...]] = {
        "features.label": (features.label,),
        "features.weight": (features.weight,),
    }
    for part in ("numeric", "categorical"):
        names = getattr(features, part)
        others[f"features.{part}"] = names if isinstance(names, tuple) else ()
    return others


def _problems_beside_boundaries(config: Config) -> Iterator[Problem]:
    split = config.split
    for name in _SHARES:
        if name in split.model_fields_set:
            yield Problem(
                f"split.{name}",
                f"'split.{name}' is a share, and 'split.boundaries' says where the parts begin. Keep one.",
            )
    if split.boundaries is not None and split.boundaries.validation is None and config.train.folds == 0:
        yield Problem(
            "train.folds",
            "'train.folds' is 0, which tunes on the validation rows, and split.boundaries has no "
            "'validation'. Write folds: 3, or say where the validation rows begin.",
        )


def _boundary_problems(boundaries: Boundaries) -> Iterator[Problem]:
    moments: dict[str, datetime] = {}
    for name in ("validation", "test"):
        text = getattr(boundaries, name)
        if text is None:
            continue
        path = f"split.boundaries.{name}"
        try:
            if _MOMENT.fullmatch(text) is None:
                raise ValueError
            moments[name] = datetime.fromisoformat(text.replace("Z", "+00:00"))
        except ValueError:
            yield Problem(
                path, f"'{path}' is '{text}', no date or time. Write 2013-11-15 or 2013-11-15T08:00:00Z."
            )
    if len(moments) < 2:
        return
    if (moments["validation"].tzinfo is None) != (moments["test"].tzinfo is None):
        yield Problem(
            "split.boundaries",
            "'split.boundaries' has one moment with a zone and one without. Write both alike.",
        )
    elif moments["validation"] >= moments["test"]:
        yield Problem(
            "split.boundaries",
            f"'split.boundaries' lets test begin at {boundaries.test}, not after validation at "
            f"{boundaries.validation}. Test rows come last.",
        )
