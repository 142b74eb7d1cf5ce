"""The YAML that a look suggests: at most 25 lines, with the reasons beside the values."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.config.base import NAME_PATTERN
from pipeline.config.document import plain_scalar
from pipeline.config.hints import usable_name
from pipeline.config.task import DEFAULT_METRIC
from pipeline.errors import ConfigError
from pipeline.init.files import as_written, name_of
from pipeline.init.look import Look

FILE = "pipeline.yaml"
_PLAIN = re.compile(r"[A-Za-z_./][\w./*@+-]*(?: [\w./*()+-]+)*")
_WIDTH = 36
_MOST_DERIVED = 3
_MOST_LEFT_OUT = 6


def project_name(folder: Path) -> str:
    """The project's name, from the folder's. Raises ConfigError where none can be made of it."""
    found = re.search(r"'(.*)'", usable_name(folder.name))
    if re.fullmatch(NAME_PATTERN, folder.name):
        return folder.name
    if found is None:
        raise ConfigError(
            f"'{folder.name}' cannot name a project. Use small letters, digits and _, a letter first."
        )
    return found[1]


def source_name(data: str) -> str:
    """The source's name, from the data's path."""
    named = re.search(r"'(.*)'", usable_name(name_of(data)))
    return named[1] if named else "rows"


def document(found: Look, data: str, folder: Path) -> str:
    """The configuration for `folder`; relative paths in it start there."""
    sample = found.sample
    lines = [
        f"# From {sample.words} of {_comment(data)}. Every key, with its default: pipeline validate --show",
        f"name: {project_name(folder)}",
        _line(f"task: {found.task.value}", found.task.why),
        "sources:",
        f"  {source_name(data)}:",
        _line(f"    path: {scalar(as_written(data, folder))}", "relative to this file"),
        f"    format: {sample.format}",
        *([f"    options: {_map(sample.options)}"] if sample.options else []),
        *(
            [_line(f"    nulls: {_list(('', *found.nulls))}", "texts that mean: missing")]
            if found.nulls
            else []
        ),
        _key_line(found),
        *_cleaning_line(found),
        '    # rules: {plausible: {check: "some_column > 0", on_failure: quarantine}}',
        "features:",
        f"  label: {scalar(found.label)}",
        *(
            [_line(f"  positive: {scalar(found.positive.value)}", found.positive.why)]
            if found.positive
            else []
        ),
        *_left_out_lines(found),
        "train:",
        _line(f"  metric: {DEFAULT_METRIC[found.task.value]}", "what is optimised"),  # type: ignore[index]
        _line("  # every: 30d", "when a training is too old"),
        "# promote: {thresholds: {…}}        what a model must reach; default: better than a trivial guess",
    ]
    return "\n".join(lines) + "\n"


def scalar(text: str) -> str:
    """A text as a YAML scalar, quoted where it would be read as something else."""
    is_plain = _PLAIN.fullmatch(text) and plain_scalar(text) == text and text.lower() not in _WORDS
    return text if is_plain else json.dumps(text, ensure_ascii=False)


_WORDS = ("yes", "no", "on", "off", "y", "n")


def _key_line(found: Look) -> str:
    if found.key:
        names = [guess.value for guess in found.key]
        return _line(f"    key: {_list(names)}", found.key[0].why)
    return "    # key: [id]                     no column names a row: a hash of the whole row does"


def _cleaning_line(found: Look) -> list[str]:
    if not found.cleaning:
        return []
    entries = [
        f"{_in_flow(name)}: {{{', '.join(f'{key}: {_setting(value)}' for key, value in entry.items())}}}"
        for name, entry in found.cleaning.items()
    ]
    return [_line(f"    columns: {{{', '.join(entries)}}}", "how these are written")]


def _setting(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _left_out_lines(found: Look) -> list[str]:
    left_out = [role.column for role in found.roles if role.kind == "excluded"]
    lines = []
    if left_out:
        more = f" and {len(left_out) - _MOST_LEFT_OUT} more" if len(left_out) > _MOST_LEFT_OUT else ""
        lines.append(f"  # left out by themselves: {_comment(', '.join(left_out[:_MOST_LEFT_OUT]))}{more}")
    lines += [f"  # derive: {_comment(ready)}" for ready in found.derive[:_MOST_DERIVED]]
    lines.append("  # exclude: [a column that is not known when a row is scored]")
    return lines


def _line(text: str, comment: str) -> str:
    return f"{text:<{_WIDTH - 2}}  # {_comment(comment)}"


def _comment(text: str) -> str:
    """Anything on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"


def _list(names: Sequence[str]) -> str:
    return f"[{', '.join(_in_flow(name) for name in names)}]"


def _map(options: dict[str, str] | object) -> str:
    assert isinstance(options, dict)
    return "{" + ", ".join(f"{name}: {json.dumps(value)}" for name, value in options.items()) + "}"


def _in_flow(text: str) -> str:
    """A scalar inside of brackets, where more letters mean something."""
    return scalar(text) if re.fullmatch(r"[A-Za-z_]\w*", text) else json.dumps(text, ensure_ascii=False)
