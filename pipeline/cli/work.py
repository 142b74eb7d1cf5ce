"""What each command does with a project, and what it shows."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.cli.screen import Screen
from pipeline.config import show_config
from pipeline.due import between
from pipeline.errors import ConfigError, PromotionRefused
from pipeline.log import local_root

if TYPE_CHECKING:
    from pipeline.project import Project
    from pipeline.shown import Shown
    from pipeline.status import Status
    from pipeline.steps.clean.decision import Decision
    from pipeline.steps.result import StepResult

Next = tuple[tuple[str, ...], str]

_AFTER: dict[str, tuple[Next, ...]] = {
    "ingest": ((("clean",), "type and validate what was landed"),),
    "clean": ((("features",), "derive what a model sees"),),
    "features": ((("train",), "tune, evaluate, register"),),
    "train": ((("promote",), "judge the challenger"), (("ui",), "runs and models in MLflow's page")),
    "promote": ((("score",), "predict what the champion has not scored"),),
    "score": ((("show", "predictions"), "what the champion says"),),
}
_BAD_ROWS: Next = (("show", "quarantine"), "bad rows and why")
_REPLAY: Next = (("quarantine", "replay"), "send bad rows through the settings of now")
_AFTER_SHOW: dict[str, Next] = {
    "tables": (("show", "predictions"), "what the champion says"),
    "predictions": (
        ("show", "predictions", "-n", "100000", "--csv", "predictions.csv"),
        "the same as a file",
    ),
    "quarantine": (("quarantine", "list"), "what is wrong with how many of them"),
    "leaderboard": (("ui",), "runs and models in MLflow's page"),
}
_TABLES: Next = (("show", "tables"), "every table and what it holds")
_REFUSED: Next = (("show", "leaderboard"), "what the refused challenger was chosen from")


def validate(project: Project, screen: Screen, show: bool) -> int:
    """The configuration is read and checked by now: say what it describes."""
    config = project.config
    settings = show_config(config) if show else []
    values = screen.verdict("valid", project=config.name, lake=config.lake.place)
    if show:
        values["settings"] = [setting._asdict() for setting in settings]
        if not screen.options.as_json:
            from pipeline.cli.overview import settings as settings_table

            screen.print(settings_table(settings))
    screen.say(
        values,
        f"{', '.join(screen.options.config_files)} is valid: {config.task} of {config.features.label}"
        f" from {', '.join(config.sources)}, by {', '.join(config.learners)}.",
        f"Lake: {config.lake.place}",
    )
    screen.next((("run",), "do what is due"))
    return 0


def run(
    project: Project,
    screen: Screen,
    first: str | None,
    last: str | None,
    decision: Decision,
    *,
    retrain: bool,
    wait: bool,
) -> int:
    """The steps that are due."""
    between(first, last)  # a wrong name is told before Spark is imported
    result = project.run(first=first, last=last, retrain=retrain, decision=decision, wait=wait)
    screen.finish(result.verdict, result.exit_code)
    screen.where(f"Lake: {project.config.lake.place}")
    lines: list[Next] = [(("status",), "champion, tables, what is due")]
    if result.exit_code == PromotionRefused.exit_code:
        lines.append(_REFUSED)
    elif result.outcomes[-1].step == "score":
        lines += _AFTER["score"]
    if decision.from_now:
        lines.append(_REPLAY)
    if any(outcome.result and _has_bad_rows(outcome.result) for outcome in result.outcomes):
        lines.append(_BAD_ROWS)
    screen.next(*lines)
    return result.exit_code


def one_step(project: Project, screen: Screen, step: str, wait: bool) -> int:
    """One step, due or not."""
    return _ended(project, screen, getattr(project, step)(wait=wait))


def clean(project: Project, screen: Screen, decision: Decision, wait: bool) -> int:
    """Clean what was landed, by what was decided."""
    after = [_REPLAY] if decision.from_now else []
    return _ended(project, screen, project.clean(decision=decision, wait=wait), after)


def _ended(project: Project, screen: Screen, result: StepResult, after: Sequence[Next] = ()) -> int:
    screen.finish(result.verdict, result.exit_code)
    screen.where(f"Lake: {project.config.lake.place}")
    refused = result.exit_code == PromotionRefused.exit_code
    lines = [_REFUSED] if refused else [*after, *_AFTER[result.step]]
    if _has_bad_rows(result):
        lines.append(_BAD_ROWS)
    screen.next(*lines)
    return int(result.exit_code)


def _has_bad_rows(result: StepResult) -> bool:
    return bool(result.rows.get("quarantined") or result.rows.get("malformed"))


def status(project: Project, screen: Screen) -> int:
    """Where the project stands; without a lake no Spark is started to say so."""
    root = local_root(project.config.lake.root)
    nexts: list[Next] = [(("run",), "do what is due")]
    if root is not None and not root.exists():
        values = screen.verdict("no lake yet", project=project.config.name, lake=str(root))
        screen.say(values, f"Project {project.config.name} has no lake yet: {root} does not exist.")
    else:
        found = project.status()
        nexts = [*_choices(found), *nexts, _TABLES]
        values = screen.verdict("done", **found.to_json())
        if screen.options.as_json:
            screen.say(values)
        else:
            from pipeline.cli.overview import status_parts

            screen.print(*status_parts(found))
            screen.write(values)
    screen.next(*nexts)
    return 0


def _choices(found: Status) -> list[Next]:
    """The commands that decide about refused batches."""
    from pipeline.steps.clean.decision import choice

    refused = [waiting for waiting in found.waiting if waiting.refused]
    return [line for waiting in refused for line in choice(waiting.batches[0], waiting.source)]


def show(project: Project, screen: Screen, what: str, limit: int, csv_file: Path | None) -> int:
    """Some rows of a table, on the screen or in a file."""
    if what == "leaderboard":
        return _show_leaderboard(project, screen, limit, csv_file)
    root = local_root(project.config.lake.root)
    if root is not None and not root.exists():
        raise ConfigError(f"There is no lake {root} yet. Run `pipeline run` first.")
    if what == "tables":
        return _show_tables(project, screen, csv_file)
    shown = project.show(what, limit)
    values = screen.verdict("done", table=shown.table, version=shown.version, total=shown.total)
    if csv_file is not None:
        write_csv(csv_file, shown.columns, shown.rows)
        of = f"{len(shown.rows):,} of {shown.total:,} rows"
        screen.say({**values, "file": str(csv_file)}, f"{of} of {shown.table} are in {csv_file}.")
    elif screen.options.as_json:
        screen.say({**values, "columns": shown.columns, "data": shown.rows})
    else:
        _print_rows(screen, shown, what)
        screen.write({**values, "columns": shown.columns, "data": shown.rows})
    screen.where(f"Lake: {project.config.lake.place}")
    screen.next(_AFTER_SHOW.get(what, _TABLES))
    return 0


def _print_rows(screen: Screen, shown: Shown, what: str) -> None:
    from pipeline.cli.overview import quarantine_parts, shown_parts
    from pipeline.shown import SOURCE

    page = screen.page
    width = page.width if page.is_terminal else None
    if what == "ledger":
        from pipeline.cli.ledger import ledger_parts

        page.print(*ledger_parts(shown))
    elif what == "quarantine":
        page.print(*quarantine_parts(shown, SOURCE, width))
    else:
        page.print(*shown_parts(shown, width))


def _show_leaderboard(project: Project, screen: Screen, limit: int, csv_file: Path | None) -> int:
    board = project.leaderboard()
    rows = [asdict(row) for row in board.rows[:limit]]
    values = screen.verdict("done", model=board.model, model_version=board.model_version, metric=board.metric)
    if csv_file is not None:
        columns = tuple(asdict(board.rows[0]))
        write_csv(csv_file, columns, rows)
        screen.say(
            {**values, "file": str(csv_file)}, f"{len(rows):,} of {len(board.rows):,} rows are in {csv_file}."
        )
    elif screen.options.as_json:
        screen.say({**values, "data": rows})
    else:
        from pipeline.cli.tables import leaderboard

        screen.print(
            f"{board.model} version {board.model_version}", *leaderboard(board.rows, board.metric, limit)
        )
        screen.write({**values, "data": rows})
    screen.next(_AFTER_SHOW["leaderboard"])
    return 0


def _show_tables(project: Project, screen: Screen, csv_file: Path | None) -> int:
    found = project.tables()
    rows = [asdict(table) for table in found]
    values = screen.verdict("done", lake=project.config.lake.place)
    if csv_file is not None:
        write_csv(csv_file, ("name", "version", "rows", "holds"), rows)
        screen.say({**values, "file": str(csv_file)}, f"{len(rows):,} tables are in {csv_file}.")
    elif screen.options.as_json:
        screen.say({**values, "data": rows})
    else:
        from pipeline.cli.overview import tables

        screen.print(tables(found))
        screen.write({**values, "data": rows})
    screen.where(f"Lake: {project.config.lake.place}")
    screen.next(_AFTER_SHOW["tables"])
    return 0


def write_csv(file: Path, columns: tuple[str, ...], rows: Any) -> None:
    from pipeline.cli.overview import value_text

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows([value_text(row.get(name)) for name in columns] for row in rows)
    except OSError as error:
        raise ConfigError(f"--csv: '{file}' cannot be written: {error.strerror}.") from error
