"""What a YAML reader complains about, in the words of the person who wrote the file."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import YAMLError

_CONTROL = "a control character that YAML does not allow. Take it out."
_BY_PROBLEM: tuple[tuple[str, str], ...] = (
    (r"'\\t'", "a tab where YAML wants spaces. Indent with spaces only."),
    (r"character '(.)' that cannot start", "a value cannot start with {0}. Put it between quotes."),
    (
        r"mapping values are not allowed",
        "a ':' where no key can be. Indent the line like its neighbours, or quote a text that holds ': '.",
    ),
    (r"<block end>, but found '<block", "this line's indentation fits no line above it."),
    (
        r"<block end>, but found",
        "more text after a value that has ended. Put the whole value between quotes.",
    ),
    (r"undefined alias '(.*)'", "no anchor &{0} stands above *{0}. A text that starts with * needs quotes."),
    (r"found another document", "a second document begins here. One file is one configuration."),
    (r"unknown escape character '(.*)'", "\\{0} means nothing between double quotes. Use single quotes."),
)
_BY_CONTEXT: tuple[tuple[str, str, str], ...] = (
    ("quoted scalar", "unexpected end of stream", "a quote opens here and is never closed."),
    ("simple key", "expected ':'", "no ':' after this key."),
    ("flow sequence", "expected", "the list that [ opens here is not closed, or a comma is missing in it."),
    ("flow mapping", "expected", "the map that {{ opens here is not closed, or a comma is missing in it."),
)


def explain(error: YAMLError, text: str) -> tuple[int, str]:
    """The line (from 1) and the sentence for an error of the YAML reader."""
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return text[:position].count("\n") + 1, _CONTROL
    problem, context = _said(error, "problem"), _said(error, "context")
    line = _line(error, "problem_mark") or _line(error, "context_mark") or 1
    for where, what, sentence in _BY_CONTEXT:
        if where in context and what in problem:
            line = _line(error, "context_mark") or line
            return line, sentence.format() + _brace_hint(text, line)
    for pattern, sentence in _BY_PROBLEM:
        found = re.search(pattern, problem)
        if found:
            return line, sentence.format(*found.groups())
    return line, f"this is not YAML: {problem}."


def _said(error: Any, what: str) -> str:
    return str(getattr(error, what, None) or "")


def _line(error: Any, mark: str) -> int | None:
    found = getattr(error, mark, None)
    return None if found is None else int(found.line) + 1


def _brace_hint(text: str, line: int) -> str:
    """Between [ ] or { }, the braces of ${env:NAME} need quotes: a trap worth a word."""
    lines = text.splitlines()
    unquoted = line <= len(lines) and re.search(r"(?<!['\"])\$\{env:", lines[line - 1])
    return " Between [ ] and { }, put ${env:NAME} between quotes." if unquoted else ""
