"""The page from its template. Every text of it is escaped, as names and reasons come from data."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from pipeline.evaluation.metrics import BETTER
from pipeline.steps.train.page.effects import HEIGHT, WIDTH, effects_of
from pipeline.steps.train.page.facts import SearchFacts
from pipeline.steps.train.page.numbers import duration, figure, signed
from pipeline.steps.train.page.spending import notes_of, parts_of, places_of
from pipeline.steps.train.page.strips import strips_of

MOST_ROWS = 50
COLOURS = 8


@dataclass(frozen=True)
class _Row:
    """One line of the leaderboard."""

    place: int
    number: int
    learner: str
    colour: int
    settings: str
    mean: str
    spread: str
    gap: str
    share: str
    rounds: str
    placement: str
    time: str


@dataclass(frozen=True)
class _Failure:
    """A candidate that failed, and why."""

    number: int
    learner: str
    settings: str
    reason: str


def search_page(facts: SearchFacts) -> str:
    """One page of HTML that needs nothing else: no script, no file, no network."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(figure=figure, signed=signed, duration=duration)
    template = environment.from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    rows = _rows(facts)
    return template.render(
        facts=facts,
        better=BETTER[facts.metric],
        rows=rows[:MOST_ROWS],
        more_rows=len(rows) - len(rows[:MOST_ROWS]),
        has_gap=any(row.gap for row in rows),
        has_share=any(standing.share < 1.0 for standing in facts.succeeded),
        has_rounds=any(row.rounds for row in rows),
        strips=strips_of(facts),
        effects=effects_of(facts),
        chart=(WIDTH, HEIGHT),
        parts=parts_of(facts),
        places=places_of(facts.standings),
        notes=notes_of(facts.trials),
        failures=_failures(facts)[:MOST_ROWS],
        failed=len(facts.standings) - len(facts.succeeded),
        colours=COLOURS,
    )


def _rows(facts: SearchFacts) -> list[_Row]:
    return [
        _Row(
            place=place,
            number=standing.candidate.number,
            learner=standing.candidate.learner,
            colour=facts.learners.index(standing.candidate.learner),
            settings=facts.chosen(standing),
            mean=figure(standing.mean),
            spread=figure(standing.spread),
            gap=signed(standing.gap),
            share=f"{100 * standing.share:.3g} %",
            rounds="" if standing.rounds is None else f"{standing.rounds:,}",
            placement=standing.placement,
            time=duration(standing.seconds),
        )
        for place, standing in enumerate(facts.succeeded, start=1)
    ]


def _failures(facts: SearchFacts) -> list[_Failure]:
    return [
        _Failure(
            standing.candidate.number,
            standing.candidate.learner,
            facts.chosen(standing),
            standing.failed,
        )
        for standing in facts.standings
        if standing.failed is not None
    ]
