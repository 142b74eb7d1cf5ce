"""The configuration as it travels: the files as they are, and one more that says where their paths start.

Secrets stay where they are: `${env:NAME}` is not looked up here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pipeline.config.document import read_file
from pipeline.config.folders import absolute, with_absolute_paths
from pipeline.config.model import DEFAULT_ROOT
from pipeline.config.overrides import read_override
from pipeline.config.tree import Node, overlay, to_values
from pipeline.log import local_root

OVERLAY = "packaged.yaml"
_HEADER = """\
# Written by `pipeline package`, to be laid over the other files: what --set said, and where paths start.
"""
_VARIABLE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Settings:
    """Files by their new names, the variables they read, the folders of this machine that they name."""

    files: Mapping[str, bytes]
    variables: tuple[str, ...]
    folders: Mapping[str, str]


def settings(files: Sequence[str], sets: Sequence[str] = ()) -> Settings:
    """The files of a configuration, ready to be moved. Raises ConfigError as reading them does."""
    copies: dict[str, bytes] = {}
    for file in map(Path, files):
        name, number = file.name, 2
        while name in copies or name == OVERLAY:
            name, number = f"{file.stem}-{number}{file.suffix}", number + 1
        copies[name] = file.read_bytes()
    said = [read_override(argument) for argument in sets]
    first = read_file(Path(files[0]))
    tree = reduce(overlay, [*(read_file(Path(file)) for file in files[1:]), *said], first)
    moved = with_absolute_paths(tree)
    laid_over = _merged(to_values(reduce(overlay, said)) if said else {}, _changed(tree, moved) or {})
    lake = tree.child("lake")
    if lake is None or not {"root", "catalog"} & set(lake.children()):
        laid_over = _merged(laid_over, {"lake": {"root": absolute(DEFAULT_ROOT, first.origin.folder)}})
    if laid_over:
        copies[OVERLAY] = _yaml(laid_over)
    variables = dict.fromkeys(_VARIABLE.findall(str(to_values(tree))))
    return Settings(copies, tuple(sorted(variables)), dict(_folders(laid_over, moved)))


def _changed(before: Node, after: Node) -> Any:
    """What of a tree became absolute, as plain values; a list as a whole. None where nothing did."""
    if isinstance(before.value, dict):
        found = {key: _changed(node, after.children()[key]) for key, node in before.value.items()}
        return {key: value for key, value in found.items() if value is not None} or None
    if isinstance(before.value, list):
        is_same = to_values(before) == to_values(after) or "${env:" in str(to_values(before))
        return None if is_same else to_values(after)
    if before.value == after.value or (isinstance(before.value, str) and "${env:" in before.value):
        return None  # where such a path starts is known only when the variable is
    return after.value


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Two trees of plain values, the second over the first."""
    merged = dict(below)
    for key, value in above.items():
        inner = merged.get(key)
        merged[key] = _merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _yaml(values: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = YAML()
    writer.width = 10_000  # a value stays on the line of its key
    writer.dump(values, text)
    return (_HEADER + text.getvalue()).encode()


def _folders(laid_over: dict[str, Any], moved: Node) -> list[tuple[str, str]]:
    """The lake's root and the sources' paths that are on this machine's own disk."""
    lake = laid_over.get("lake") or {}
    places = {"lake.root": lake.get("root") or _text(moved, "lake", "root")}
    sources = moved.child("sources")
    for name in sources.children() if sources is not None else ():
        places[f"sources.{name}.path"] = _text(moved, "sources", name, "path")
    return [(key, text) for key, text in places.items() if text and "${env:" not in text and local_root(text)]


def _text(tree: Node, *path: str) -> str | None:
    node = tree.at(path)
    return node.value if node is not None and isinstance(node.value, str) else None
