"""Results of steps as tables: the one place that knows how they look, for commands and for the demo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.cli.page import heading, table
from pipeline.cli.text import baseline_words, count, direction, elapsed, figure
from pipeline.evaluation.metrics import BETTER

if TYPE_CHECKING:
    from pipeline.preprocessing.roles import Role
    from pipeline.steps.promote.result import PromoteResult
    from pipeline.steps.result import StepResult
    from pipeline.steps.train.result import LeaderboardRow, TrainResult
    from pipeline.work import Outcome

_QUIET = ("nothing new", "not due")
_KINDS = ("label", "key", "numeric", "categorical", "excluded")
_NUMBER = re.compile(r"\d[\d,]*")


def outcome_parts(outcome: Outcome) -> Iterator[RenderableType]:
    """How a step ended, and what it found."""
    yield step_line(outcome)
    reasons: Sequence[str] = getattr(outcome.result, "reasons", ())
    for reason in reasons:
        yield Padding(Text(reason), (0, 0, 0, 2), expand=False)
    if outcome.result is not None and outcome.result.changed:
        yield from result_parts(outcome.result)


def step_line(outcome: Outcome) -> Text:
    """One line: how a step ended and how long it took, or why it was not done."""
    if outcome.exit_code:
        mark, style = "✗", "red"
    else:
        mark, style = ("·", "dim") if outcome.verdict in _QUIET else ("✓", "green")
    line = Text.assemble((f"{mark} {outcome.step:<9}", f"bold {style}"), f"{outcome.verdict:<11}")
    if outcome.verdict == "not due":
        return line.append(f"  {outcome.message}")
    return line.append(f"{elapsed(outcome.seconds):>12}", style="dim")


def result_parts(result: StepResult) -> Iterator[RenderableType]:
    """The details of one step's result, by the step."""
    if result.step == "train":
        yield from train_parts(cast("TrainResult", result))
    elif result.step == "promote":
        yield from promote_parts(cast("PromoteResult", result))
    else:
        sources: Mapping[str, Mapping[str, int]] | None = getattr(result, "sources", None)
        yield ledger(sources or {"rows": result.rows})
    if result.tables:
        yield versions(result.tables)


def ledger(rows: Mapping[str, Mapping[str, int]]) -> Table:
    """Counted rows, term by term; one line per source."""
    terms = list(dict.fromkeys(term for counts in rows.values() for term in counts if "." not in term))
    lines = [[name, *(count(counts.get(term, 0)) for term in terms)] for name, counts in rows.items()]
    return table(["", *(term.replace("_", " ") for term in terms)], lines, left=[""])


def versions(tables: Mapping[str, int]) -> Text:
    """The tables that were read or written, each with its Delta version."""
    return Text("  " + "  ".join(f"{name} v{version}" for name, version in tables.items()), style="dim")


def train_parts(result: TrainResult, most: int = 20) -> Iterator[RenderableType]:
    """What training found: roles, leaderboard, test metrics, and where the model is."""
    yield heading("Columns and their roles")
    yield roles(result.roles)
    yield from leaderboard(result.leaderboard, result.metric, most)
    if result.ended_early is not None:
        yield Text(f"  {result.ended_early}", style="yellow")
    yield from test_metrics(result)
    yield Text.assemble(
        "  registered as ",
        (f"{result.model} version {result.model_version}", "bold green"),
        ", alias ",
        ("challenger", "bold"),
        (f"  run {result.run_id}", "dim"),
    )


def promote_parts(result: PromoteResult) -> Iterator[RenderableType]:
    """The metrics that the decision was made by, beside the champion's where there was one."""
    if result.champion_metrics:
        headers = ["", f"version {result.model_version}", f"champion {result.previous_version}"]
        lines = [
            [direction(name), figure(value), figure(result.champion_metrics.get(name))]
            for name, value in result.test_metrics.items()
        ]
        yield table(headers, lines, left=[""])


def roles(columns: Sequence[Role]) -> Table:
    """Column → role → why: the columns of one role and reason on one line, counts beside their columns."""
    groups: dict[tuple[str, str], list[str]] = {}
    for role in sorted(columns, key=lambda role: _KINDS.index(role.kind)):
        numbers = _NUMBER.findall(role.why) if role.kind == "categorical" else []
        why = _NUMBER.sub("(n)", role.why) if numbers else role.why
        groups.setdefault((role.kind, why), []).append(" ".join([role.column, *(f"({n})" for n in numbers)]))
    lines = [[kind, str(len(names)), why, ", ".join(names)] for (kind, why), names in groups.items()]
    return table(["role", "", "why", "columns"], lines, left=["role"], fold=["why", "columns"])


def leaderboard(rows: Sequence[LeaderboardRow], metric: str, most: int) -> Iterator[RenderableType]:
    """The candidates, best first: mean and spread over the folds, and what failed and why."""
    folds = max((len(row.folds) for row in rows), default=0)
    yield heading(
        f"Leaderboard: {direction(metric)} {BETTER[metric]} is better, mean and spread over {folds} folds"
    )
    varied = _varied(rows)
    headers = ["", "learner", direction(metric), "spread", "gap", "rows", "time", "parameters"]
    lines = [_standing(place, row, varied[row.learner]) for place, row in enumerate(rows[:most], start=1)]
    told = {"gap": any(row.gap is not None for row in rows), "rows": any(row.share < 1.0 for row in rows)}
    kept = [place for place, header in enumerate(headers) if told.get(header, True)]
    lines = [[line[place] for place in kept] for line in lines]
    yield table([headers[place] for place in kept], lines, left=["learner"], fold=["parameters"])
    if told["gap"]:
        yield Text("  gap: on the rows that were fitted, minus on those that judge", style="dim")
    if len(rows) > most:
        yield Text(f"  and {len(rows) - most} more", style="dim")


def _standing(place: int, row: LeaderboardRow, varied: Iterable[str]) -> list[Text]:
    params = " ".join(f"{name}={row.params[name]}" for name in varied if name in row.params)
    style = "bold green" if place == 1 else ""
    spread = f"± {figure(row.spread, like=row.mean)}"
    gap = "" if row.gap is None else f"{'+' if row.gap > 0 else ''}{figure(row.gap, like=row.mean)}"
    if row.failed is not None:
        style, params, spread = "red", f"{params} failed: {row.failed}".lstrip(), ""
    share = f"{100 * row.share:.3g} %"
    values = [
        str(place),
        row.learner,
        figure(row.mean),
        spread,
        gap,
        share,
        elapsed(row.seconds),
        params,
    ]
    return [Text(value, style=style) for value in values]


def _varied(rows: Sequence[LeaderboardRow]) -> dict[str, list[str]]:
    """The parameters that differ among a learner's candidates: the others would only fill the line."""
    seen: dict[str, dict[str, set[Any]]] = {}
    for row in rows:
        values = seen.setdefault(row.learner, {})
        for name, value in row.params.items():
            values.setdefault(name, set()).add(value)
    return {
        learner: [name for name, found in values.items() if len(found) > 1]
        for learner, values in seen.items()
    }


def test_metrics(result: TrainResult) -> Iterator[RenderableType]:
    """The winner on the held-out rows, beside the baseline and beside its folds."""
    yield heading(f"{count(result.rows.get('test', 0))} held-out test rows")
    lines: list[list[str | Text]] = []
    for name, value in result.test_metrics.items():
        style = "bold green" if name == result.metric else ""
        baseline, folds = result.baseline_metrics.get(name), result.cv_metrics.get(name)
        lines.append(
            [
                Text(direction(name), style=style),
                Text(figure(value), style=style),
                figure(baseline),
                figure(folds),
            ]
        )
    yield table(["", "model", baseline_words(result.metric), "model over folds"], lines, left=[""])
