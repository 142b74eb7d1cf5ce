"""The options that every command has, and those that several share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

DEFAULT_FILE = "pipeline.yaml"
WAIT = click.option("--wait", is_flag=True, help="Wait for another run of this project to end.")
FULL_REFRESH = click.option(
    "--full-refresh", is_flag=True, help="Settings changed: make silver and quarantine anew from bronze."
)
FROM_NOW = click.option(
    "--from-now", is_flag=True, help="Settings changed: use them for what comes next, leave silver as it is."
)


class InOrder(click.Group):
    """Lists its commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


@dataclass(frozen=True)
class Options:
    """What the common options of one command were set to."""

    files: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    as_json: bool = False
    result_file: Path | None = None
    verbose: bool = False
    quiet: bool = False

    @property
    def config_files(self) -> tuple[str, ...]:
        return self.files or (DEFAULT_FILE,)

    @property
    def as_typed(self) -> tuple[str, ...]:
        """The options that another command needs to work on the same project."""
        words: list[str] = []
        for file in self.files:
            words += ["-c", file]
        for setting in self.sets:
            words += ["--set", setting]
        return tuple(words)


_COMMON = (
    click.option(
        "-c",
        "--config",
        "files",
        multiple=True,
        metavar="FILE",
        help=f"The configuration; repeatable, later files overlay earlier ones. Default: {DEFAULT_FILE}.",
    ),
    click.option(
        "--set",
        "sets",
        multiple=True,
        metavar="KEY=VALUE",
        help="Set one key, such as train.folds=5; repeatable.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object per step instead of tables."),
    click.option(
        "--result",
        "result_file",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the verdict as JSON to this file, also when the command is refused.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show what Spark warns about, and where its log is."),
    click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
)


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the common options to a command, which receives them as `options`."""

    @functools.wraps(command)
    def gathered(
        files: tuple[str, ...],
        sets: tuple[str, ...],
        as_json: bool,
        result_file: Path | None,
        verbose: bool,
        quiet: bool,
        **others: Any,
    ) -> Any:
        return command(options=Options(files, sets, as_json, result_file, verbose, quiet), **others)

    for option in reversed(_COMMON):
        gathered = option(gathered)
    return gathered
