"""`pipeline plan`: what a run would do; with --actual, what the last runs planned beside what they used."""

from __future__ import annotations

import click

from pipeline.cli.options import Options, with_options


@click.command(epilog="Example: pipeline plan -c conf/house_prices.yaml")
@click.option("--retrain", is_flag=True, help="As `run --retrain`: train although nothing says it is due.")
@click.option("--actual", is_flag=True, help="Show what the last runs planned beside what they used.")
@with_options
def plan(options: Options, retrain: bool, actual: bool) -> int:
    """What a run would do: tables, scans, fits, memory. Reads no rows and writes nothing.

    Sizes are those of Delta's statistics and of the files' listing; what is not there yet is a guess, marked
    with ~.
    """
    from pipeline.cli.execute import execute
    from pipeline.cli.planned import show_actual, show_plan

    if actual and retrain:
        raise click.UsageError("--actual is about runs that were; --retrain about the next one. Give one.")
    if actual:
        return execute("plan", options, show_actual)
    return execute("plan", options, lambda project, screen: show_plan(project, screen, retrain))
