"""What a split by time needs, and what only one of the two kinds of split reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from pipeline.config.features import Boundaries
from pipeline.config.model import Config
from pipeline.config.tree import Problem

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?")
_SHARES = ("train", "validation", "test")


def check_split(config: Config) -> Iterator[Problem]:
    """A split by time has a time to go by, and no key is written that it or a split by hash does not read."""
    features, split = config.features, config.split
    if split.by == "hash":
        if features.event_time is not None:
            yield Problem(
                "features.event_time",
                "'features.event_time' is for split.by: time, and 'split.by' is hash. "
                "Write split.by: time, or leave it out.",
            )
        if split.boundaries is not None:
            yield Problem(
                "split.boundaries",
                "'split.boundaries' are moments, and 'split.by' is hash. "
                "Write split.by: time, or leave them out.",
            )
        return
    if features.event_time is None:
        yield Problem(
            "split.by",
            "'split.by' is time, and no column says when a row happened. Name one in features.event_time.",
        )
    if split.salt:
        yield Problem(
            "split.salt", "'split.salt' is for split.by: hash, and 'split.by' is time. Leave it out."
        )
    if split.boundaries is not None:
        yield from _boundary_problems(split.boundaries)
        for name in _SHARES:
            if name in split.model_fields_set:
                yield Problem(
                    f"split.{name}",
                    f"'split.{name}' is a share, and 'split.boundaries' says where the parts begin. "
                    "Keep one.",
                )
        if split.boundaries.validation is None and config.train.folds == 0:
            yield Problem(
                "train.folds",
                "'train.folds' is 0, which tunes on the validation rows, and split.boundaries has no "
                "'validation'. Write folds: 3, or say where the validation rows begin.",
            )


def check_event_time(config: Config) -> Iterator[Problem]:
    """The time of a row is neither its label nor a feature."""
    features = config.features
    if features.event_time is None:
        return
    others = {"features.label": (features.label,), "features.weight": (features.weight,)}
    for part in ("numeric", "categorical"):
        names = getattr(features, part)
        others[f"features.{part}"] = names if isinstance(names, tuple) else ()
    for path, names in others.items():
        if features.event_time in names:
            yield Problem(
                path,
                f"'{path}' names '{features.event_time}', which is features.event_time. "
                "Take it out; a part of it can be derived, as in hour(…).",
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
