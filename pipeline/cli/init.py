"""The command `init`: a look at somebody's data, and the project that it suggests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from pipeline.cli.options import Options
from pipeline.config.task import Task
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from pipeline.cli.screen import Screen
    from pipeline.init.look import Look

_EPILOG = """\
\b
Example: pipeline init churn --data 'my/*.csv' --label churned
         pipeline init churn --template binary
"""


@dataclass(frozen=True)
class Wish:
    """What was typed."""

    folder: Path
    data: str | None
    label: str | None
    key: tuple[str, ...]
    template: str | None
    force: bool


@click.command(epilog=_EPILOG)
@click.argument("folder", metavar="NAME", type=click.Path(path_type=Path))
@click.option("--data", metavar="PATH", help="Files, a folder or a pattern; any path Hadoop knows.")
@click.option("--label", metavar="COLUMN", help="The column to predict.")
@click.option("--key", metavar="COLUMN", multiple=True, help="A column that names a row; repeatable.")
@click.option(
    "--template", type=click.Choice(get_args(Task)), help="Write a commented example, without any data."
)
@click.option("--force", is_flag=True, help="Write into a folder that exists.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def init(as_json: bool, quiet: bool, **typed: Any) -> int:
    """Look at data and write a project for it.

    Makes the folder NAME with a pipeline.yaml that `pipeline run` accepts as it is, and shows which part each
    column plays, why, and what is unsure. Nothing but a sample of the data is read.
    """
    from pipeline.cli.execute import execute_alone

    wish = Wish(**typed)
    return execute_alone("init", Options(as_json=as_json, quiet=quiet), lambda screen: _init(wish, screen))


def _init(wish: Wish, screen: Screen) -> int:
    from pipeline.init.document import project_name
    from pipeline.init.write import validate_new, write

    _validate(wish)
    validate_new(wish.folder, wish.force)
    name = project_name(wish.folder.absolute())
    if wish.template is not None:
        from pipeline.init.templates import template

        file = write(wish.folder, template(wish.template, name))  # type: ignore[arg-type]  # one of the choices
        screen.say(
            screen.verdict("done", project=name, file=str(file), task=wish.template),
            f"Wrote {file}, a {wish.template} project to be filled in: the lines marked with <-.",
        )
        _next(screen, file, "validate", "check it, in a second")
        return 0
    found = _looked(wish, screen)
    return _tell(wish, screen, name, found)


def _validate(wish: Wish) -> None:
    if wish.template is not None and (wish.data or wish.label or wish.key):
        raise ConfigError("--template is for a project without data: leave out --data, --label and --key.")
    if wish.template is None and (wish.data is None or wish.label is None):
        missing = "--data" if wish.data is None else "--label"
        raise ConfigError(
            f"{missing} is missing. Write --data 'my/*.csv' --label COLUMN; or, for a project without data, "
            "--template regression, binary or multiclass."
        )


def _looked(wish: Wish, screen: Screen) -> Look:
    from pipeline.init.files import LocalFiles, needs_spark
    from pipeline.init.look import look

    assert wish.data is not None  # both were asked for
    assert wish.label is not None
    if not needs_spark(wish.data):
        return look(LocalFiles(), wish.data, wish.label, wish.key)
    with _session(screen) as spark:
        from pipeline.lake.hadoop import Files

        return look(Files(spark), wish.data, wish.label, wish.key, spark)


@contextmanager
def _session(screen: Screen) -> Iterator[SparkSession]:
    """A session for the look alone; one that runs already is left alone."""
    from pipeline.session import get_session, is_running, stop

    was_running = is_running()
    with screen.progress.task("starting Spark"):
        spark = get_session("pipeline init")
    try:
        yield spark
    finally:
        if not was_running:
            stop()


def _tell(wish: Wish, screen: Screen, name: str, found: Look) -> int:
    from pipeline.init.document import document
    from pipeline.init.write import write

    assert wish.data is not None  # it was looked at
    file = write(wish.folder, document(found, wish.data, wish.folder.absolute()))
    values = screen.verdict(
        "done",
        project=name,
        file=str(file),
        task=found.task.value,
        positive=found.positive.value if found.positive else None,
        key=[guess.value for guess in found.key],
        nulls=list(found.nulls),
        columns={name: dict(entry) for name, entry in found.cleaning.items()},
        roles={role.column: {"kind": role.kind, "why": role.why} for role in found.roles},
        unsure=list(found.unsure),
    )
    if screen.options.as_json:
        screen.say(values)
        return 0
    from pipeline.cli.page import heading, table

    rows = [[role.column, role.kind, role.why] for role in found.roles]
    screen.line(f"{wish.data}: {found.sample.words}, {len(rows)} columns, {found.sample.files} file(s).")
    screen.print(
        heading("Columns and their roles"),
        table(["column", "role", "why"], rows, left=["column", "role"], fold=["why"]),
    )
    screen.line(f"Task: {found.task.value}, as {found.task.why}.")
    if found.unsure:
        screen.print(heading("Unsure: please look"))
        for doubt in found.unsure:
            screen.line(f"  - {doubt}.")
    screen.line(f"Wrote {file}. Nothing is decided yet: every line of it can be changed.")
    _next(screen, file, "run", "land, clean, train, promote, score")
    return 0


def _next(screen: Screen, file: Path, name: str, purpose: str) -> None:
    screen.next(((name, "-c", str(file)), purpose))
