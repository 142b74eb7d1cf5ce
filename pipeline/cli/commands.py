"""The commands: what can be typed, and which work it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.cli.clean import CLEAN_HELP, clean
from pipeline.cli.doctor import doctor
from pipeline.cli.init import init
from pipeline.cli.options import FROM_NOW, FULL_REFRESH, WAIT, InOrder, Options, with_options
from pipeline.cli.package import package
from pipeline.cli.plan import plan
from pipeline.cli.quarantine import quarantine
from pipeline.explain import INTERRUPTED

STEP_HELP = {
    "ingest": "Land new files in bronze, each once, exactly as received.",
    "clean": CLEAN_HELP,
    "features": "Bring the features table up to date.",
    "train": "Tune, refit, evaluate, and register a challenger.",
    "promote": "Let the challenger become champion if it is better.",
    "score": "Predict the rows that the champion has not scored.",
}


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: pipeline run -c conf/house_prices.yaml",
)
@click.version_option(package_name="spark-training-pipeline", prog_name="pipeline")
def group() -> None:
    """From raw files to a tuned, registered, scoring model, described by one YAML file."""


group.add_command(init)


@group.command(epilog="Example: pipeline validate -c conf/house_prices.yaml --show")
@click.option(
    "--show", is_flag=True, help="Print the merged configuration, each value with its file and line."
)
@with_options
def validate(options: Options, show: bool) -> int:
    """Check the configuration alone, without Java or Spark."""
    from pipeline.cli.execute import execute
    from pipeline.cli.work import validate as work

    return execute("validate", options, lambda project, screen: work(project, screen, show))


group.add_command(doctor)


group.add_command(plan)


@group.command(epilog="Example: pipeline run -c conf/house_prices.yaml --from features --retrain")
@click.option("--from", "first", metavar="STEP", help="Begin with this step.")
@click.option("--to", "last", metavar="STEP", help="End with this step.")
@click.option("--retrain", is_flag=True, help="Train although nothing says it is due.")
@FULL_REFRESH
@FROM_NOW
@WAIT
@with_options
def run(
    options: Options, first: str | None, last: str | None, full_refresh: bool, from_now: bool, **flags: bool
) -> int:
    """Do all steps that are due, in order.

    Training and promotion wait for a reason: no champion yet, --retrain, train.every elapsed, or a challenger
    without a decision. A refused promotion never stops scoring; the exit code is 4 then.
    """
    from pipeline.cli.execute import execute
    from pipeline.cli.work import run as work
    from pipeline.steps.clean.decision import Decision

    decision = Decision(full_refresh=full_refresh, from_now=from_now)
    return execute(
        "run", options, lambda project, screen: work(project, screen, first, last, decision, **flags)
    )


def _add_step(step: str) -> None:
    @group.command(
        step, help=STEP_HELP[step], epilog=f"Example: pipeline {step} -c conf/house_prices.yaml --json"
    )
    @WAIT
    @with_options
    def command(options: Options, wait: bool) -> int:
        from pipeline.cli.execute import execute
        from pipeline.cli.work import one_step as work

        return execute(step, options, lambda project, screen: work(project, screen, step, wait))


for _name in STEP_HELP:
    if _name == "clean":
        group.add_command(clean)
    else:
        _add_step(_name)


@group.command(epilog="Example: pipeline status -c conf/house_prices.yaml")
@with_options
def status(options: Options) -> int:
    """Champion, tables, last runs, what is due and why."""
    from pipeline.cli.execute import execute
    from pipeline.cli.work import status as work

    return execute("status", options, work)


@group.command(epilog="Example: pipeline show quarantine -c conf/house_prices.yaml -n 5")
@click.argument("what", metavar="[WHAT]", default="tables")
@click.option("-n", "rows", type=click.IntRange(min=1), default=20, show_default=True, help="How many rows.")
@click.option(
    "--csv",
    "csv_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the rows, with all their columns, to this file instead.",
)
@with_options
def show(options: Options, what: str, rows: int, csv_file: Path | None) -> int:
    """Look at what there is.

    \b
    WHAT is one of
      tables        every table, how many rows it has and what they are (the default)
      predictions   what the champion said, the newest first
      quarantine    bad rows, each with what is wrong with it
      ledger        how many rows each batch read, kept and left out
      leaderboard   the candidates of the last training, best first
      or the name of a table, such as silver_houses
    """
    from pipeline.cli.execute import execute
    from pipeline.cli.work import show as work

    return execute("show", options, lambda project, screen: work(project, screen, what, rows, csv_file))


group.add_command(quarantine)


@group.command(epilog="Example: pipeline ui -c conf/house_prices.yaml")
@with_options
def ui(options: Options) -> int:
    """Serve MLflow's page on this project, until Ctrl-C."""
    from pipeline.cli.execute import execute
    from pipeline.cli.ui import ui as work

    return execute("ui", options, work)


group.add_command(package)


def main(args: list[str] | None = None) -> Any:
    """What the installed command and the jobs call: parse, run, and return the exit code."""
    try:
        return group.main(args, prog_name="pipeline", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except (click.ClickException, click.Abort) as error:
        from pipeline.cli.usage import refuse

        return refuse(error, args)
