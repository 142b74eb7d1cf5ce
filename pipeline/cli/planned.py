"""A plan, and planned beside used, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from pipeline.cli.page import heading, table
from pipeline.cli.screen import Screen
from pipeline.cli.text import count, size
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.lake import RunRow
    from pipeline.plan import Plan, StepPlan
    from pipeline.project import Project


def show_plan(project: Project, screen: Screen, retrain: bool) -> int:
    """The plan of the next run."""
    found = project.plan(retrain=retrain)
    values = screen.verdict("done", **found.to_json())
    if screen.options.as_json:
        screen.say(values)
    else:
        screen.print(*plan_parts(found))
        screen.write(values)
    screen.next((("run",), "do what is due"))
    return 0


def show_actual(project: Project, screen: Screen) -> int:
    """Planned beside used, of the newest run of each step."""
    rows = project.used()
    if not rows:
        raise ConfigError("No run is on record that counted what it used. Run `pipeline run` first.")
    told = [{"step": row.step, "started_at": row.started_at, **_both(row)} for row in rows]
    values = screen.verdict("done", runs=told)
    if screen.options.as_json:
        screen.say(values)
    else:
        screen.print(actual_table(rows))
        screen.write(values)
    screen.next((("plan",), "the next run"))
    return 0


def plan_parts(found: Plan) -> Iterator[RenderableType]:
    """Everything that `pipeline plan` says."""
    cluster = found.cluster
    yield Text.assemble(("Project   ", "bold"), f"{found.project}  ", (found.lake, "dim"))
    room = f"{count(cluster.slots)} tasks at once, {size(cluster.cache_bytes)} to cache and shuffle in"
    yield Text.assemble(("Spark     ", "bold"), room)
    yield heading("Steps")
    headers = ["step", "due", "to read", "scans", "partitions", "fits", "cached", "shuffled", "why"]
    lines = [_line(step) for step in found.steps]
    yield table(headers, lines, left=["step", "due", "fits"], fold=["why"])
    reads = [
        [step.step, read.place, _size(read.bytes, read.is_guess), f"{read.scans} ×", _rows(read.rows)]
        for step in found.steps
        for read in step.reads
    ]
    if reads:
        yield heading("What is read")
        yield table(["step", "", "bytes", "scans", "rows"], reads, left=["step", ""])
    yield from _memory(found.steps)
    for step in found.steps:
        for note in step.notes:
            yield Text(f"  {step.step}: {note}", style="dim")


def actual_table(rows: Sequence[RunRow]) -> RenderableType:
    """Figure by figure: planned, used, and their ratio."""
    lines = []
    for row in rows:
        for name, (planned, used) in _both(row).items():
            says = count if name.startswith(("scans", "fits")) else size
            ratio = f"{used / planned:.2f}" if planned and used is not None else ""
            lines.append(
                [
                    row.step,
                    _words(name),
                    "" if planned is None else says(planned),
                    "" if used is None else says(used),
                    ratio,
                ]
            )
    return table(["step", "", "planned", "used", "used / planned"], lines, left=["step", ""])


def _words(name: str) -> str:
    """`read_bytes.features_flights` as read bytes of features_flights."""
    kind, _, table_name = name.partition(".")
    return kind.replace("_", " ") + (f" of {table_name}" if table_name else "")


def _both(row: RunRow) -> dict[str, tuple[int | None, int | None]]:
    """Each figure of a run: planned, used; None where it was not said. Those by table come last."""
    names = sorted({*row.planned, *row.used}, key=lambda name: ("." in name, name))
    return {name: (row.planned.get(name), row.used.get(name)) for name in names}


def _line(step: StepPlan) -> list[str]:
    if not step.is_due:
        return [step.step, "no", "", "", "", "", "", "", step.reason]
    guess = any(read.is_guess for read in step.reads)
    fits = ", ".join(f"{count(number)} {placement}" for placement, number in step.fits.items())
    return [
        step.step,
        "yes",
        _size(step.read_bytes, guess),
        count(step.scans),
        count(step.partitions) if step.partitions else "",
        fits,
        _size(step.cached_bytes, guess) if step.cached_bytes else "",
        _size(step.shuffled_bytes, guess) if step.shuffled_bytes else "",
        step.reason,
    ]


def _memory(steps: Sequence[StepPlan]) -> Iterator[RenderableType]:
    lines = [
        [
            step.step,
            bound.whose,
            size(bound.bytes),
            size(bound.bound),
            "" if bound.is_enough else bound.beyond,
        ]
        for step in steps
        for bound in step.memory
    ]
    if lines:
        yield heading("Whose memory")
        yield table(["step", "", "needed", "bound", ""], lines, left=["step", ""], fold=[""])


def _size(number: int, is_guess: bool) -> str:
    return f"~{size(number)}" if is_guess else size(number)


def _rows(number: int | None) -> str:
    return "" if number is None else count(number)
