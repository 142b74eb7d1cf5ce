"""From YAML files, `--set` arguments and the environment to one checked configuration."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path

from pydantic import ValidationError

from pipeline.config.base import Section
from pipeline.config.checks import problems_across
from pipeline.config.document import FIRST_KEYS, read_file
from pipeline.config.environment import expand_environment
from pipeline.config.folders import absolute, with_absolute_paths
from pipeline.config.mistakes import paths_wanting_text, problems_of
from pipeline.config.model import DEFAULT_ROOT, Config, LakeSection
from pipeline.config.origin import Places, join
from pipeline.config.overrides import read_override
from pipeline.config.tree import Node, Problem, change_scalars, overlay, places, to_values
from pipeline.errors import ConfigError

_MOST_LINES = 10


def load_config(
    files: Sequence[str | os.PathLike[str]],
    sets: Sequence[str] = (),
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Read a configuration: later files over earlier ones, then each `--set`, then the model and its checks.

    Raises:
        ConfigError: with one line for each mistake, at most ten, each beginning with `file:line: `.
    """
    if not files:
        raise ConfigError(f"no configuration file is named. {FIRST_KEYS}")
    first = read_file(Path(files[0]))
    layers = [*(read_file(Path(file)) for file in files[1:]), *(read_override(argument) for argument in sets)]
    tree, problems = expand_environment(reduce(overlay, layers, first), environ)
    written = places(tree)
    _refuse(problems, written)
    config = _validated(with_absolute_paths(tree))
    if config.lake.root is None and config.lake.catalog is None:
        default = absolute(DEFAULT_ROOT, first.origin.folder)
        config = config.model_copy(update={"lake": LakeSection(root=default)})
    _attach(config, written)
    _refuse(problems_across(config), written)
    return config


def _validated(tree: Node) -> Config:
    """The model of a tree. Where it wants a text, an unquoted number is the text as written."""
    try:
        return Config.model_validate(to_values(tree))
    except ValidationError as first:
        texts = paths_wanting_text(first, tree)
    tree = change_scalars(tree, lambda path, node: replace(node, value=node.text) if path in texts else node)
    try:
        return Config.model_validate(to_values(tree))
    except ValidationError as error:
        problems = problems_of(error, tree)
    _refuse(problems, places(tree))
    raise AssertionError("the model refused, but nothing was found wrong")


def _attach(section: Section, written: Places) -> None:
    """Tell a section and those below it where they were written."""
    section._places = written
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        below = join(written.section, info.alias or name)
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for key, child in inner:
            if isinstance(child, Section):
                _attach(child, replace(written, section=join(below, key)))


def _refuse(problems: Sequence[Problem], written: Places) -> None:
    """Raise all problems as one error, by file and line; do nothing when there are none."""
    if not problems:
        return
    sources = list(dict.fromkeys(origin.source for origin in written.origins.values()))
    root = written.origins[""]
    located = [(written.nearest(problem.path) or root, problem) for problem in problems]
    located.sort(key=lambda pair: (sources.index(pair[0].source), pair[0].line or 0))
    lines = [
        f"{origin if problem.line is None else origin.at_line(problem.line)}: {problem.sentence}"
        for origin, problem in located
    ]
    if len(lines) > _MOST_LINES:
        rest = len(lines) - _MOST_LINES + 1
        lines = [*lines[: _MOST_LINES - 1], f"… and {rest} more mistakes."]
    raise ConfigError("\n".join(lines))
