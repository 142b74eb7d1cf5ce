"""The command `package`: what a cluster needs in one folder, and the lines that submit it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.cli.options import Options, with_options

if TYPE_CHECKING:
    from pipeline.cli.screen import Screen
    from pipeline.package import Built, Line
    from pipeline.project import Project

_UNTRIED = "not run anywhere yet; by Spark's documentation"


@click.command(epilog="Example: pipeline package -c conf/house_prices.yaml -c conf/cluster.yaml")
@click.option(
    "--to",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("dist"),
    show_default=True,
    help="Where to put it; a folder that this command made before is replaced.",
)
@click.option("--thin", is_flag=True, help="Wheel, requirements, jobs and configuration: for managed Spark.")
@with_options
def package(options: Options, to: Path, thin: bool) -> int:
    """Make what a cluster needs, and show how to submit it.

    The folder holds the wheel, a whole Python with the locked packages (environment.tar.gz), Delta's jars,
    the jobs, the configuration and a Dockerfile. Nothing is sent anywhere.
    """
    from pipeline.cli.execute import execute

    return execute("package", options, lambda project, screen: _package(project, screen, to, thin))


def _package(project: Project, screen: Screen, to: Path, thin: bool) -> int:
    from pipeline.package import Checkout, build
    from pipeline.package.lines import Packed, submit_lines, thin_steps, unpack_line

    del project  # loaded to see that the configuration is right
    options = screen.options
    built = build(
        Checkout.of_this_program(),
        options.config_files,
        options.sets,
        to,
        thin=thin,
        progress=screen.progress,
    )
    packed = Packed(str(to), list(built.settings.files), built.settings.variables)
    lines = [] if thin else submit_lines(packed)
    steps = thin_steps(packed, built.wheel) if thin else []
    if options.as_json:
        shown = [{"title": line.title, "command": line.command, "tried": line.tried} for line in lines]
        unpack = None if thin else unpack_line(packed)
        more = {"unpack": unpack, "lines": shown, "steps": steps}
        screen.say(screen.verdict("done", folder=str(to), files=built.sizes, **more))
        return 0
    _show(screen, built)
    _show_folders(screen, built)
    if thin:
        _show_steps(screen, steps)
    else:
        _show_lines(screen, packed, lines)
    screen.write(screen.verdict("done", folder=str(to), files=built.sizes))
    return 0


def _show(screen: Screen, built: Built) -> None:
    from pipeline.cli.page import heading, table

    groups: dict[str, int] = {}
    for name, size in built.sizes.items():
        top = name.split("/")[0]
        groups[top] = groups.get(top, 0) + size
    rows = [[name, _size(size)] for name, size in groups.items()]
    screen.print(heading(f"Made {built.folder}"), table(["file", "size"], rows, left=["file"]))


def _show_folders(screen: Screen, built: Built) -> None:
    """Paths that only a shared folder makes right."""
    if built.settings.folders:
        screen.line("")
        screen.line("Every node must find these folders under the same path; if one is this machine's own,")
        screen.line("lay a file over it that says another (conf/cluster.yaml is an example):")
        for key, path in built.settings.folders.items():
            screen.line(f"  {key}: {path}")


def _show_lines(screen: Screen, packed: object, lines: list[Line]) -> None:
    from pipeline.package.lines import Packed, unpack_line

    assert isinstance(packed, Packed)
    screen.line("")
    screen.line("# Once, where the lines are typed, so that the driver has the executors' Python:")
    screen.line(unpack_line(packed))
    for line in lines:
        screen.line("")
        screen.line(f"# {line.title} ({line.tried or _UNTRIED})")
        screen.line(line.command)


def _show_steps(screen: Screen, steps: list[str]) -> None:
    screen.line("")
    screen.line(f"# Managed Spark ({_UNTRIED})")
    for step in steps:
        screen.line(f"- {step}")


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
