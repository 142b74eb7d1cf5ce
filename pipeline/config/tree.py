"""The configuration as written: values that know their place, before they have types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pipeline.config.origin import Origin, Places, join

Scalar = bool | int | float | str | None


@dataclass(frozen=True)
class Node:
    """A value, its place, and for a scalar its text as written. `plain` means: written without quotes."""

    value: Scalar | list[Node] | dict[str, Node]
    origin: Origin
    text: str | None = None
    plain: bool = False

    def child(self, key: str) -> Node | None:
        """The node below a key, or at a position of a list; None where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(key)
        if isinstance(self.value, list) and key.isdecimal() and int(key) < len(self.value):
            return self.value[int(key)]
        return None

    def children(self) -> dict[str, Node]:
        """The nodes below a map; none below anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def at(self, path: Sequence[str]) -> Node | None:
        """The node at a path; None where there is none."""
        node: Node | None = self
        for key in path:
            node = node.child(key) if node else None
        return node


class Problem(NamedTuple):
    """One thing that is wrong: the dotted path of the key, the sentence, and a line inside a text value."""

    path: str
    sentence: str
    line: int | None = None


def to_values(node: Node) -> Any:
    """The plain values that the model is made from."""
    if isinstance(node.value, dict):
        return {key: to_values(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [to_values(child) for child in node.value]
    return node.value


def change_scalars(
    node: Node, change: Callable[[tuple[str, ...], Node], Node], path: tuple[str, ...] = ()
) -> Node:
    """The same tree with every scalar replaced by what `change` makes of it and its path."""
    if isinstance(node.value, dict):
        children = {key: change_scalars(child, change, (*path, key)) for key, child in node.value.items()}
        return replace(node, value=children)
    if isinstance(node.value, list):
        items = [change_scalars(item, change, (*path, str(n))) for n, item in enumerate(node.value)]
        return replace(node, value=items)
    return change(path, node)


def overlay(below: Node, above: Node) -> Node:
    """`above` laid over `below`: maps merge, other values replace, null takes away."""
    if not isinstance(below.value, dict) or not isinstance(above.value, dict):
        return above
    merged = dict(below.value)
    for key, node in above.value.items():
        if key not in merged:
            merged[key] = node
        elif node.value is None:
            del merged[key]
        else:
            merged[key] = overlay(merged[key], node)
    return replace(below, value=merged)


def places(tree: Node) -> Places:
    """The origin of every key by dotted path, the root's being the empty one."""
    return Places({path: node.origin for path, node in _walk(tree, "")})


def _walk(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    yield path, node
    if isinstance(node.value, dict):
        for key, child in node.value.items():
            yield from _walk(child, join(path, key))
    elif isinstance(node.value, list):
        for number, child in enumerate(node.value):
            yield from _walk(child, join(path, str(number)))
