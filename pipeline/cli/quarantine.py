"""`pipeline quarantine`: look at bad rows, send them through clean again, or give them up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pipeline.cli.options import WAIT, InOrder, Options, with_options

_CHOICE = (
    click.option("--source", metavar="NAME", help="Only rows of this source."),
    click.option("--batch", metavar="N", type=click.IntRange(min=1), help="Only rows of this batch."),
    click.option(
        "--rule", metavar="RULE", help="Only rows that break this rule; also: type, key, malformed."
    ),
)
_ROWS = click.option(
    "-n", "limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many lines or rows."
)
_CSV = click.option(
    "--csv",
    "csv_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write them, with all their columns, to this file instead.",
)


def _with_choice(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_CHOICE):
        command = option(command)
    return command


@click.group(cls=InOrder, epilog="Example: pipeline quarantine list -c conf/house_prices.yaml")
def quarantine() -> None:
    """Bad rows: what is wrong with them, and what becomes of them."""


@quarantine.command("list", epilog="Example: pipeline quarantine list --source houses")
@_with_choice
@_ROWS
@_CSV
@with_options
def list_(options: Options, **given: Any) -> int:
    """How many rows of which batch break which rule."""
    from pipeline.cli.aside import list_faults as work
    from pipeline.cli.execute import execute

    return execute("quarantine list", options, lambda project, screen: work(project, screen, **given))


@quarantine.command(epilog="Example: pipeline quarantine show --rule price_positive -n 5")
@_with_choice
@_ROWS
@_CSV
@with_options
def show(options: Options, **given: Any) -> int:
    """Rows as received, each with what is wrong with it."""
    from pipeline.cli.aside import show_rows as work
    from pipeline.cli.execute import execute

    return execute("quarantine show", options, lambda project, screen: work(project, screen, **given))


@quarantine.command(epilog="Example: pipeline quarantine replay --rule price_positive")
@_with_choice
@WAIT
@with_options
def replay(options: Options, **given: Any) -> int:
    """Send rows through clean again, by the rules of now.

    Rows that are good now go to silver, where a newer row of the same key stays. The others stay, with what
    is wrong with them now. After a rule was changed: pipeline clean --from-now, then this.
    """
    from pipeline.cli.aside import replay as work
    from pipeline.cli.execute import execute

    return execute("replay", options, lambda project, screen: work(project, screen, **given))


@quarantine.command(epilog='Example: pipeline quarantine discard --batch 3 --reason "test sales"')
@_with_choice
@click.option("--reason", metavar="TEXT", required=True, help="Why; kept in the ledger.")
@WAIT
@with_options
def discard(options: Options, **given: Any) -> int:
    """Take rows out of quarantine for good. Bronze keeps them as received."""
    from pipeline.cli.aside import discard as work
    from pipeline.cli.execute import execute

    return execute("discard", options, lambda project, screen: work(project, screen, **given))
