"""The answers of `status`, `show` and `validate --show` as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.cli.page import heading, table
from pipeline.cli.text import baseline_words, count, direction, elapsed, figure, listed

if TYPE_CHECKING:
    from pipeline.config import Setting
    from pipeline.shown import Shown
    from pipeline.shown import Table as Known
    from pipeline.status import Status, Waiting

_WIDEST = 40  # characters of one value in a table on a terminal
_GAP = 2


def status_parts(status: Status) -> Iterator[RenderableType]:
    """Everything that `pipeline status` says."""
    yield Text.assemble(("Project   ", "bold"), f"{status.project}  ", (status.lake, "dim"))
    yield from champion_parts(status)
    yield Text.assemble(("MLflow    ", "bold"), (status.tracking, "dim"))
    if status.tables:
        yield heading("Tables")
        yield tables(status.tables)
    if status.waiting:
        yield heading("Landed and not cleaned yet")
        yield waiting(status.waiting)
    if status.runs:
        yield heading("Last runs")
        runs = [
            [
                moment(row.started_at),
                row.step,
                row.verdict,
                str(row.exit_code),
                elapsed(row.seconds),
                _cut(row.message, 100),
            ]
            for row in status.runs
        ]
        headers = ["started", "step", "verdict", "exit", "time", ""]
        yield table(headers, runs, left=["started", "step", "verdict"], fold=[""])
    yield heading("Due in the next run")
    due = [[entry.step, "yes" if entry.is_due else "no", entry.reason] for entry in status.due]
    yield table(["step", "due", "why"], due, left=["step", "due"], fold=["why"])


def tables(found: Sequence[Known]) -> Table:
    """The tables of a lake: versions, rows, and what they are."""
    lines = [[known.name, f"v{known.version}", count(known.rows), known.holds] for known in found]
    return table(["", "version", "rows", "holds"], lines, left=[""], fold=["holds"])


def waiting(found: Sequence[Waiting]) -> Table:
    """The batches that each source has left to clean, and why the first of them was refused."""
    lines = [
        [
            one.source,
            _batches(one.batches),
            f"{one.batches[0]} is refused: {one.refused}" if one.refused else "the next run cleans them",
        ]
        for one in found
    ]
    return table(["", "batches", "why"], lines, left=[""], fold=["why"])


def _batches(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def champion_parts(status: Status) -> Iterator[RenderableType]:
    """The standing champion, or that there is none."""
    champion = status.champion
    if champion is None:
        yield Text.assemble(("Champion  ", "bold"), "none yet")
        return
    since = "" if champion.since is None else f" since {moment(champion.since)}"
    label = f"{champion.model} version {champion.version}"
    yield Text.assemble(("Champion  ", "bold"), (label, "bold green"), f"  {champion.learner}{since}")
    value, baseline = figure(champion.value), figure(champion.baseline)
    words = baseline_words(champion.metric)
    yield Text(f"          test {direction(champion.metric)} {value}; to {words}: {baseline}")


def settings(found: Sequence[Setting]) -> Table:
    """The merged configuration, each value with its place."""
    lines = [[setting.path, value_text(setting.value), setting.origin] for setting in found]
    return table(["key", "value", "from"], lines, left=["key"], fold=["value", "from"])


def shown_parts(shown: Shown, width: int | None) -> Iterator[RenderableType]:
    """Rows of a table; on a terminal of `width` characters the columns that fit, and the others' names."""
    total = f"{count(len(shown.rows))} of {count(shown.total)} rows"
    yield Text.assemble((shown.table, "bold cyan"), f"  version {shown.version}  {total}")
    if not shown.rows:
        return
    texts = [[value_text(row.get(name)) for name in shown.columns] for row in shown.rows]
    if width is not None:
        texts = [[_cut(text, _WIDEST) for text in row] for row in texts]
    fitting = len(shown.columns) if width is None else _fitting(shown.columns, texts, width)
    names = shown.columns[:fitting]
    numbers = [name for name in names if isinstance(shown.rows[0].get(name), (int, float))]
    left = [name for name in names if name not in numbers]
    yield table(names, [row[:fitting] for row in texts], left=left)
    if fitting < len(shown.columns):
        yield Text(
            f"  and columns {listed(shown.columns[fitting:])}; --csv or --json has them all", style="dim"
        )


def quarantine_parts(shown: Shown, source: str, width: int | None) -> Iterator[RenderableType]:
    """Quarantined rows one below the other: where each came from, what is wrong with it, and the row."""
    total = f"{count(len(shown.rows))} of {count(shown.total)} rows"
    yield Text.assemble((shown.table, "bold cyan"), f"  {total}")
    for row in shown.rows:
        file = PurePosixPath(str(row.get("_source_file") or "")).name
        yield Text.assemble("  ", (str(row[source]), "bold"), f" batch {row.get('_batch_id')}  {file}")
        for error in row.get("_errors") or ():
            yield Text(f"    {reason(error)}", style="red")
        yield Text(f"    {_cut(received(row, source), (width or 10**6) - 4)}", style="dim")


def reason(error: dict[str, Any]) -> str:
    """One reason of a quarantined row: `price_positive: Sale_Price: ...`."""
    return ": ".join(str(error[part]) for part in ("rule", "message") if error.get(part))


def received(row: dict[str, Any], source: str) -> str:
    """The row as received: the line itself where it could not be split, else column=value."""
    if row.get("_corrupt_record"):
        return str(row["_corrupt_record"])
    own = ((name, value) for name, value in row.items() if not name.startswith("_") and name != source)
    return " ".join(f"{name}={value}" for name, value in own if value is not None)


def moment(when: datetime) -> str:
    """A moment to the second, in UTC."""
    return f"{when.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}Z"


def value_text(value: Any) -> str:
    """A value in a table: texts as they are, nothing for null, JSON for what has parts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> int:
    """How many columns fit side by side; at least one."""
    used = _GAP
    for place, name in enumerate(columns):
        used += max(len(name), *(len(row[place]) for row in rows)) + _GAP
        if used > width:
            return max(place, 1)
    return len(columns)
