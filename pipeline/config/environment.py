"""`${env:NAME}` and `${env:NAME:-default}` inside texts, so that no secret needs to stand in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from pipeline.config.document import plain_scalar
from pipeline.config.origin import join
from pipeline.config.tree import Node, Problem, change_scalars

_REFERENCE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_STARTED = re.compile(r"\$\{env:[^}]*\}?")


def expand_environment(tree: Node, environ: Mapping[str, str]) -> tuple[Node, list[Problem]]:
    """The tree with every reference replaced, and a problem for each that cannot be.

    As in a shell, the default stands in for a variable that is missing or empty. An unquoted value that is
    one reference and nothing else is then read as YAML reads a scalar, so that a number can come from the
    environment; where a text is wanted it stays as it is, and between quotes it always does.
    """
    problems: list[Problem] = []

    def expand(path: tuple[str, ...], node: Node) -> Node:
        if not isinstance(node.value, str) or "${env:" not in node.value:
            return node
        found = [_resolve(match, environ) for match in _REFERENCE.finditer(node.value)]
        sentences = [
            _malformed(text) for text in _STARTED.findall(node.value) if not _REFERENCE.fullmatch(text)
        ]
        sentences += [_missing(name) for name, text in found if text is None]
        problems.extend(Problem(join(*path), f"'{join(*path)}' {sentence}") for sentence in sentences)
        return node if sentences else _expanded(node, environ)

    return change_scalars(tree, expand), problems


def _resolve(match: re.Match[str], environ: Mapping[str, str]) -> tuple[str, str | None]:
    """A reference's variable, and its text: None where it is not set and has no default."""
    name, default = match[1], match[2]
    return name, environ.get(name, default) if default is None else environ.get(name) or default


def _expanded(node: Node, environ: Mapping[str, str]) -> Node:
    before = str(node.value)
    used = [match[1] for match in _REFERENCE.finditer(before) if _is_from_environment(match, environ)]
    text = _REFERENCE.sub(lambda match: _resolve(match, environ)[1] or "", before)
    whole = node.plain and _REFERENCE.fullmatch(before)
    origin = replace(node.origin, variables=tuple(dict.fromkeys(used)))
    return replace(node, value=plain_scalar(text) if whole else text, text=text, origin=origin)


def _is_from_environment(match: re.Match[str], environ: Mapping[str, str]) -> bool:
    return match[1] in environ and (match[2] is None or environ[match[1]] != "")


def _missing(name: str) -> str:
    return (
        f"needs the environment variable {name}, which is not set. "
        f"Set it, or give a default: ${{env:{name}:-default}}."
    )


def _malformed(text: str) -> str:
    return f"holds '{text}'. Write ${{env:NAME}} or ${{env:NAME:-default}}; a name has letters, digits and _."
