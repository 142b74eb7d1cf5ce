"""One YAML text as a tree of nodes: YAML 1.2 scalars, the line of every key, errors in plain words."""

from __future__ import annotations

import re
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from pipeline.config.origin import Origin
from pipeline.config.tree import Node, Scalar
from pipeline.config.yaml_errors import explain
from pipeline.errors import ConfigError

FIRST_KEYS = "A first file needs four keys: name, task, sources.<name>.path and features.label."
_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def plain_scalar(text: str) -> Scalar:
    """An unquoted scalar by YAML 1.2's core schema: `1e-3` is a number, `NO` and `2010-01-31` are texts."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text) or _SPECIAL.fullmatch(text):
        return float(text.replace(".i", "i").replace(".I", "I").replace(".n", "n").replace(".N", "N"))
    return text


def read_file(path: Path) -> Node:
    """The tree of a configuration file.

    Raises:
        ConfigError: no such file, not text, nothing in it, not YAML, or not a map.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder. {_nearby(path) or FIRST_KEYS}")
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        raise ConfigError(f"{path} does not exist. {_nearby(path.parent) or FIRST_KEYS}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: a byte here is not UTF-8. Save the file as UTF-8 text.") from None
    tree = read_document(text, str(path), Path.cwd().joinpath(path).parent)
    if tree is None:
        raise ConfigError(f"{path}:1: nothing is in this file. {FIRST_KEYS}")
    if not isinstance(tree.value, dict):
        what = "a list" if isinstance(tree.value, list) else "a text"
        raise ConfigError(f"{tree.origin}: {what} where a configuration has keys. {FIRST_KEYS}")
    return tree


def read_document(text: str, source: str, folder: Path, has_lines: bool = True) -> Node | None:
    """The tree of a YAML text; None when it holds nothing but comments. Its relative paths start at `folder`.

    Raises:
        ConfigError: not YAML, a key twice, an unknown tag, or nested without end.
    """
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        return None if root is None else _Reader(source, folder, has_lines).node(root, root)
    except YAMLError as error:
        line, sentence = explain(error, text)
        raise ConfigError(f"{Origin(source, line if has_lines else None)}: {sentence}") from None
    except RecursionError:
        raise ConfigError(f"{source}: nested too deeply, or an alias that contains itself.") from None


class _Reader:
    """Turns ruamel's nodes into ours."""

    def __init__(self, source: str, folder: Path, has_lines: bool) -> None:
        self.source = source
        self.folder = folder
        self.has_lines = has_lines

    def node(self, node: YamlNode, marked: YamlNode) -> Node:
        """The tree of a node; its place is where `marked`, its key or itself, begins."""
        if node.tag and not str(node.tag).startswith(_TAG):
            raise ConfigError(f"{self.origin(node)}: the tag {node.tag} is not known here. Take it out.")
        block = getattr(node, "style", None) == "|"
        origin = self.origin(marked, block=block)
        if isinstance(node, MappingNode):
            return Node(self.mapping(node), origin)
        if isinstance(node, SequenceNode):
            return Node([self.node(item, item) for item in node.value], origin)
        assert isinstance(node, ScalarNode)
        tagged_text = str(node.tag) == f"{_TAG}str" and plain_scalar(node.value) != node.value
        plain = node.style is None and not tagged_text
        return Node(plain_scalar(node.value) if plain else node.value, origin, node.value, plain)

    def mapping(self, node: MappingNode) -> dict[str, Node]:
        """The children of a map. A merge key (`<<`) stands in for the keys it does not write itself."""
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ConfigError(f"{self.origin(key)}: a list or a map cannot be a key. Keys are names.")
            if str(key.tag) == f"{_TAG}merge":
                for part in value.value if isinstance(value, SequenceNode) else [value]:
                    merged = {**self.node(part, part).children(), **merged}
                continue
            if key.value in own:
                raise ConfigError(
                    f"{self.origin(key)}: the key '{key.value}' is written twice, first at line "
                    f"{own[key.value].origin.line}. Keep one."
                )
            own[key.value] = self.node(value, key)
        return {**merged, **own}

    def origin(self, node: YamlNode, block: bool = False) -> Origin:
        """Where a node begins."""
        line = node.start_mark.line + 1 if self.has_lines else None
        return Origin(self.source, line, block=block, folder=self.folder)


def _nearby(folder: Path) -> str:
    """A sentence naming the YAML files of a folder and of `conf/`, at most eight; empty without any."""
    found: list[str] = []
    for place in dict.fromkeys([folder, Path("conf")]):
        found += sorted(str(file) for file in place.glob("[!.]*.y*ml")) if place.is_dir() else []
    return f"Name a file with -c; there are {', '.join(found[:8])}." if found else ""
