"""`--set a.b=value`: one key from the command line, laid over the files."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.config.document import read_document
from pipeline.config.kinds import kind_of, split_path
from pipeline.config.origin import Origin
from pipeline.config.tree import Node
from pipeline.errors import ConfigError


def read_override(argument: str) -> Node:
    """The tree that a `--set` argument stands for.

    The value is read as YAML 1.2, so `[3, 5]` is a list and `null` takes a key back to its default. Where
    the model wants a text, what YAML cannot read as one value is that text: SQL needs no second quotes.

    Raises:
        ConfigError: no `=`, an empty key or value, or a value that is not YAML.
    """
    dotted, equals, text = (part.strip() for part in argument.partition("="))
    if not equals or not re.fullmatch(r"[^.\s]+(\.[^.]+)*", dotted):
        shown = argument if not equals else f"{dotted}=…"
        raise ConfigError(
            f"--set '{shown}' is not understood. Write --set key.below=value, as in train.folds=5."
        )
    if not text:
        raise ConfigError(
            f"--set {dotted} has no value. Write {dotted}=null to take back what the files say."
        )
    path = split_path(dotted)
    node = _value(path, text, Origin(f"--set {dotted}", folder=Path.cwd()))
    for key in reversed(path):
        node = Node({key: node}, node.origin)
    return node


def _value(path: tuple[str, ...], text: str, origin: Origin) -> Node:
    kind = kind_of(path)
    wants_text = kind is not None and kind.annotation is str
    as_text = Node(text, origin, text)
    try:
        node = read_document(text, origin.source, origin.folder, has_lines=False)
    except ConfigError:
        if wants_text:
            return as_text
        raise
    if node is None or (wants_text and isinstance(node.value, (dict, list))):
        return as_text
    return node
