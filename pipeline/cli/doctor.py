"""`pipeline doctor`: what it looks at, and how it tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.cli.options import Options, with_options
from pipeline.cli.screen import Screen
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.doctor.finding import Finding
    from pipeline.project import Project

_VERDICTS = {"fine": "fine", "warning": "warnings", "fault": "faults"}
_COLOURS = {"fine": "green", "warning": "yellow", "fault": "red"}
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_WIDEST = len("dynamic allocation")


def _bytes(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """A size such as 500M, 20G, 1T."""
    if value is None:
        return None
    number, unit = value[:-1], value[-1:].upper()
    if unit not in _UNITS or not number.isdigit():
        said = f"'{value}' is no size. Write a number and K, M, G or T, such as 20G."
        raise click.BadParameter(said, context, option)
    return int(number) * _UNITS[unit]


@click.command(epilog="Example: pipeline doctor -c conf/house_prices.yaml --disk 20G")
@click.option(
    "--disk",
    "least_disk",
    callback=_bytes,
    metavar="SIZE",
    help="Free space that must be there, such as 20G.",
)
@with_options
def doctor(options: Options, least_disk: int | None) -> int:
    """Would a run work on this machine or cluster? One line for each check.

    Asks the driver and every executor; writes a small table below the lake's root and a small artifact, and
    removes both. Exit code 2 when something would fail.
    """
    from pipeline.cli.execute import execute

    return execute("doctor", options, lambda project, screen: work(project, screen, least_disk))


def work(project: Project, screen: Screen, least_disk: int | None) -> int:
    """All findings, each shown as it comes."""
    from pipeline.doctor.examine import examine
    from pipeline.doctor.finding import worst

    found = []
    for finding in examine(project.config, project.spark, least_disk):
        found.append(finding)
        if not screen.options.as_json:
            screen.print(line(finding))
    state = worst(found)
    code = ConfigError.exit_code if state == "fault" else 0
    told = [finding.to_json() for finding in found]
    said = [f"{finding.name}: {finding.sentence}" for finding in found if finding.state == "fault"]
    values = screen.verdict(_VERDICTS[state], findings=told, exit_code=code, message="\n".join(said))
    screen.say(values)
    screen.next((("run",), "do what is due") if code == 0 else (("doctor",), "look again, when it is mended"))
    return code


def line(finding: Finding) -> Text:
    """One finding: its name, its state, what was found, and what to do."""
    from rich.text import Text

    return Text.assemble(
        (f"{finding.name:<{_WIDEST}}  ", "bold"),
        (f"{finding.state:<7}  ", _COLOURS[finding.state]),
        finding.sentence,
    )
