"""Relative paths start at the folder of the file that says them."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from pipeline.config.base import FolderRelative
from pipeline.config.kinds import kind_of
from pipeline.config.tree import Node, change_scalars

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SQLITE = "sqlite:///"
_KEYWORDS = ("databricks", "databricks-uc")


def with_absolute_paths(tree: Node) -> Node:
    """The tree with every relative path made absolute, against the folder of what says it."""

    def change(path: tuple[str, ...], node: Node) -> Node:
        kind = kind_of(path)
        if not isinstance(node.value, str) or kind is None or kind.mark(FolderRelative) is None:
            return node
        return replace(node, value=absolute(node.value, node.origin.folder))

    return change_scalars(tree, change)


def absolute(path: str, folder: Path) -> str:
    """A path as seen from a folder; an address with a scheme (`hdfs://`, `s3a://`) stays as it is.

    Patterns and spaces stay. Links are not followed: `..` means the folder above, as it is written. A
    relative SQLite address is a path too. The names that MLflow gives to Databricks are no paths.
    """
    if path.startswith(_SQLITE) and not path.startswith(f"{_SQLITE}/"):
        return _SQLITE + absolute(path.removeprefix(_SQLITE), folder)
    if not path or _SCHEME.match(path) or path in _KEYWORDS:
        return path
    return os.path.normpath(folder / Path(path).expanduser())
