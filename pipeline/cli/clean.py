"""`pipeline clean`: the step, and what a person decides about refused batches and changed settings."""

from __future__ import annotations

from typing import Any

import click

from pipeline.cli.options import FROM_NOW, FULL_REFRESH, WAIT, Options, with_options

CLEAN_HELP = "Type, validate, de-duplicate; bad rows go to quarantine."
_BATCH = click.IntRange(min=1)


@click.command(help=CLEAN_HELP, epilog='Example: pipeline clean --accept 7 --reason "the prices are right"')
@click.option("--accept", metavar="BATCH", type=_BATCH, help="Clean a refused batch all the same.")
@click.option("--reject", metavar="BATCH", type=_BATCH, help="Leave a refused batch out for good.")
@click.option("--reason", metavar="TEXT", default="", help="Why it was decided so; kept in the ledger.")
@click.option("--source", metavar="NAME", help="Whose batch or settings are meant.")
@FULL_REFRESH
@FROM_NOW
@WAIT
@with_options
def clean(options: Options, wait: bool, **decided: Any) -> int:
    from pipeline.cli.execute import execute
    from pipeline.cli.work import clean as work
    from pipeline.steps.clean.decision import Decision

    decision = Decision(**decided)
    return execute("clean", options, lambda project, screen: work(project, screen, decision, wait))
