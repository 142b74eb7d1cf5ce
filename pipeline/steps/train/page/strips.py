"""The metric of each candidate with its folds: one strip of dots per candidate, on a common axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation.metrics import BETTER
from pipeline.steps.train.page.axis import Axis, metric_axis
from pipeline.steps.train.page.facts import SearchFacts
from pipeline.steps.train.page.numbers import figure
from pipeline.tuning.trials import Standing

MOST_STRIPS = 40


@dataclass(frozen=True)
class Dot:
    """A value in percent of the axis; `outside` when it is on the edge instead of where it belongs."""

    x: float
    text: str
    outside: bool = False


@dataclass(frozen=True)
class Strip:
    """One candidate: its folds, their mean, and how far one standard deviation reaches to each side."""

    name: str
    colour: int
    """The learner's place among the learners, which gives the colour."""
    folds: tuple[Dot, ...]
    mean: Dot
    low: float
    high: float
    training: Dot | None


@dataclass(frozen=True)
class Strips:
    """The picture; `more` candidates are not drawn."""

    strips: tuple[Strip, ...]
    ticks: tuple[Dot, ...]
    more: int


def strips_of(facts: SearchFacts) -> Strips:
    """The best candidates, at most `MOST_STRIPS`; at least one must have succeeded."""
    drawn = facts.succeeded[:MOST_STRIPS]
    axis = metric_axis(_values(drawn), lower_is_better=BETTER[facts.metric] == "lower")
    ticks = tuple(_dot(axis, at, text) for at, text in axis.ticks)
    strips = tuple(_strip(standing, facts, axis) for standing in drawn)
    return Strips(strips, ticks, len(facts.succeeded) - len(drawn))


def _values(drawn: Sequence[Standing]) -> list[float]:
    trained = [standing.training_mean for standing in drawn if standing.training_mean is not None]
    return [value for standing in drawn for value in standing.values] + trained


def _strip(standing: Standing, facts: SearchFacts, axis: Axis) -> Strip:
    name = f"#{standing.candidate.number} {standing.candidate.learner} {facts.chosen(standing)}".rstrip()
    folds = [
        _dot(
            axis, trial.metrics[facts.metric], f"fold {trial.fold + 1}: {figure(trial.metrics[facts.metric])}"
        )
        for trial in standing.trials
    ]
    trained = standing.training_mean
    return Strip(
        name,
        facts.learners.index(standing.candidate.learner),
        tuple(folds),
        _dot(axis, standing.mean, f"mean {figure(standing.mean)} ± {figure(standing.spread)}"),
        100 * axis.place(standing.mean - standing.spread),
        100 * axis.place(standing.mean + standing.spread),
        None if trained is None else _dot(axis, trained, f"on the rows that were fitted: {figure(trained)}"),
    )


def _dot(axis: Axis, value: float, text: str) -> Dot:
    return Dot(round(100 * axis.place(value), 2), text, not axis.holds(value))
