"""What the quarantine commands do with a project, and what they show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.screen import Screen
from pipeline.errors import ConfigError
from pipeline.log import local_root

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pipeline.project import Project
    from pipeline.quarantine import Fault
    from pipeline.steps.clean.aside import QuarantineResult

_COLUMNS = ("source", "batch_id", "rule", "column", "rows", "example")
_LIST = (("quarantine", "list"), "what is wrong with which rows")
_SHOW = (("quarantine", "show"), "the rows themselves")
_REPLAY = (("quarantine", "replay"), "send them through the rules of now")
_RUN = (("run",), "bring the mended rows to features and predictions")
_NOTHING = "Nothing is in quarantine that matches."


def list_faults(project: Project, screen: Screen, limit: int, csv_file: Path | None, **choice: Any) -> int:
    """Faults by source, batch, rule and column."""
    validate_lake(project)
    found = project.quarantine_faults(limit=limit, **choice)
    rows = [asdict(fault) for fault in found.faults]
    values = screen.verdict("done", total=found.total)
    _tell(screen, values, rows, _COLUMNS, csv_file, f"{len(rows):,} faults are in")
    if csv_file is None and not screen.options.as_json:
        screen.print(*_parts(found.total, found.faults))
    screen.next(*((_SHOW, _REPLAY) if found.total else ()))
    return 0


def show_rows(project: Project, screen: Screen, limit: int, csv_file: Path | None, **choice: Any) -> int:
    """Chosen rows with their reasons."""
    from pipeline.cli.overview import quarantine_parts
    from pipeline.shown import SOURCE

    validate_lake(project)
    shown = project.quarantine_rows(limit=limit, **choice)
    values = screen.verdict("done", table=shown.table, version=shown.version, total=shown.total)
    said = f"{len(shown.rows):,} of {shown.total:,} rows of {shown.table} are in"
    _tell(screen, values, shown.rows, shown.columns, csv_file, said)
    if csv_file is None and not screen.options.as_json:
        page = screen.page
        width = page.width if page.is_terminal else None
        screen.print(*(quarantine_parts(shown, SOURCE, width) if shown.total else (_NOTHING,)))
    screen.next(*((_LIST, _REPLAY) if shown.total else ()))
    return 0


def replay(project: Project, screen: Screen, **choice: Any) -> int:
    """Send chosen rows through clean again."""
    return _ended(project, screen, project.quarantine_replay(**choice))


def discard(project: Project, screen: Screen, **choice: Any) -> int:
    """Give chosen rows up."""
    if not choice["reason"].strip():
        raise ConfigError("--reason is empty. Say why: it is kept in the ledger.")
    return _ended(project, screen, project.quarantine_discard(**choice))


def validate_lake(project: Project) -> None:
    """Raise ConfigError when there is no lake to look at, before Spark is started."""
    root = local_root(project.config.lake.root)
    if root is not None and not root.exists():
        raise ConfigError(f"There is no lake {root} yet. Run `pipeline run` first.")


def _ended(project: Project, screen: Screen, result: QuarantineResult) -> int:
    screen.finish(result.verdict, result.exit_code)
    screen.where(f"Lake: {project.config.lake.place}")
    rows = result.rows
    mended = rows.get("inserted", 0) + rows.get("updated", 0)
    stay = rows.get("quarantined", 0) + rows.get("malformed", 0)
    is_looked_for = stay or not mended
    screen.next(*([_RUN] if mended else []), *([_LIST] if is_looked_for else []))
    return result.exit_code


def _tell(
    screen: Screen,
    values: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    columns: tuple[str, ...],
    csv_file: Path | None,
    said: str,
) -> None:
    """The rows into a file, or as JSON; in any case into the verdict."""
    from pipeline.cli.work import write_csv

    if csv_file is not None:
        write_csv(csv_file, columns, rows)
        screen.say({**values, "file": str(csv_file)}, f"{said} {csv_file}.")
        return
    whole = {**values, "columns": columns, "data": rows}
    if screen.options.as_json:
        screen.say(whole)
    else:
        screen.write(whole)


def _parts(total: int, faults: Sequence[Fault]) -> list[RenderableType]:
    from rich.text import Text

    from pipeline.cli.page import table
    from pipeline.cli.text import count

    if not total:
        return [_NOTHING]
    lines = [
        [fault.source, str(fault.batch_id), fault.rule, fault.column, count(fault.rows), fault.example]
        for fault in faults
    ]
    headers = ["source", "batch", "rule", "column", "rows", "for example"]
    return [
        Text(f"{count(total)} rows in quarantine", style="bold cyan"),
        table(headers, lines, left=["source", "rule", "column"], fold=["for example"]),
    ]
