"""What the model refuses, as sentences: the key, the value found, the next move, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

from pydantic import ValidationError

from pipeline.config.base import NAME_PATTERN
from pipeline.config.document import plain_scalar
from pipeline.config.hints import did_you_mean, found_words, nearest_name, other_home, usable_name
from pipeline.config.kinds import ROOT, Kind, fields, kind_of
from pipeline.config.masking import MASK, is_secret
from pipeline.config.tree import Node, Problem


def problems_of(error: ValidationError, tree: Node) -> list[Problem]:
    """One problem for each key that the model refuses, in the model's order.

    A mistyped key is one mistake: the required key that it meant is not reported as missing, too.
    """
    mistakes = error.errors(include_url=False)
    unknown = [_path(mistake["loc"], tree) for mistake in mistakes if mistake["type"] == "extra_forbidden"]
    meant = {(*path[:-1], nearest_name(path[-1], _known(path[:-1]))) for path in unknown}
    found: dict[str, Problem] = {}
    for mistake in mistakes:
        path = _path(mistake["loc"], tree)
        if mistake["type"] == "missing":
            path = (*_path(mistake["loc"][:-1], tree), str(mistake["loc"][-1]))
        if mistake["type"] == "missing" and path in meant:
            continue
        problem = _problem(mistake, path, tree)
        found.setdefault(problem.path, problem)
    return list(found.values())


def paths_wanting_text(error: ValidationError, tree: Node) -> set[tuple[str, ...]]:
    """The keys where the model wants a text and an unquoted number or truth value stands."""
    paths = {_path(mistake["loc"], tree) for mistake in error.errors() if mistake["type"] == "string_type"}
    return {path for path in paths if _is_number_or_truth(tree.at(path))}


def _is_number_or_truth(node: Node | None) -> bool:
    return node is not None and isinstance(node.value, (int, float)) and isfinite(node.value)


def _path(location: Sequence[str | int], tree: Node) -> tuple[str, ...]:
    """The keys of a location as far as they stand in the tree: pydantic adds marks of its own."""
    path: list[str] = []
    node = tree
    for part in location:
        child = node.child(str(part))
        if child is not None:
            path.append(str(part))
            node = child
    return tuple(path)


def _problem(mistake: Any, path: tuple[str, ...], tree: Node) -> Problem:
    dotted, kind = ".".join(path), kind_of(path)
    if mistake["type"] == "missing":
        return Problem(dotted, _missing(path))
    if mistake["type"] == "extra_forbidden":
        return Problem(dotted, _unknown_key(path, _known(path[:-1])))
    if mistake["loc"][-1:] == ("[key]",):
        return Problem(dotted, _refused_name(path))
    if mistake["type"] == "value_error" and kind and kind.section:
        sentence = str(mistake["ctx"]["error"])
        return Problem(sentence.split()[0], sentence)
    return Problem(dotted, _refused_value(path, kind or ROOT, tree.at(path)))


def _refused_value(path: tuple[str, ...], kind: Kind, node: Node | None) -> str:
    value = node.value if node else None
    if node and is_secret(path, node.origin):
        return f"'{'.'.join(path)}' is {MASK}. Allowed: {kind.words}."
    return f"'{'.'.join(path)}' is {found_words(value)}.{_next_move(value, kind)} Allowed: {kind.words}."


def _next_move(value: object, kind: Kind) -> str:
    """What to do, where the value found gives it away."""
    if not isinstance(value, str):
        return ""
    if kind.choices:
        return did_you_mean(value, kind.choices)
    if kind.annotation in (int, float, bool) and isinstance(plain_scalar(value), (int, float)):
        return " Take the quotes away."
    return (
        usable_name(value)
        if any(getattr(mark, "pattern", "") == NAME_PATTERN for mark in kind.metadata)
        else ""
    )


def _known(path: tuple[str, ...]) -> list[str]:
    """The keys that the model has below a path."""
    kind = kind_of(path)
    return sorted(fields(kind.section)) if kind and kind.section else []


def _missing(path: tuple[str, ...]) -> str:
    parent = kind_of(path[:-1])
    info = fields(parent.section)[path[-1]] if parent and parent.section else None
    about = " ".join((info.description or "").split()).split(". ")[0].rstrip(".") if info else ""
    return f"'{'.'.join(path)}' is missing. It is required: {about[:1].lower()}{about[1:]}."


def _unknown_key(path: tuple[str, ...], known: Sequence[str]) -> str:
    near = did_you_mean(path[-1], known) or other_home(path[-1])
    if not near and re.search(r"\s", path[-1]):
        near = " Between { }, a text that holds a comma needs quotes."
    return f"unknown key '{'.'.join(path)}'.{near} Known here: {', '.join(known)}."


def _refused_name(path: tuple[str, ...]) -> str:
    """A name in a map of free names, or one that had to be one of some."""
    parent = kind_of(path[:-1])
    names = (parent and parent.names) or ROOT
    if names.choices:
        return _unknown_key(path, sorted(names.choices))
    return f"'{path[-1]}' cannot be a name in '{path[-2]}'.{usable_name(path[-1])} Allowed: {names.words}."
