"""What each setting did: the metric of the candidates against the setting's values, learner by learner."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.evaluation.metrics import BETTER
from pipeline.steps.train.page.axis import Axis, metric_axis, setting_axis
from pipeline.steps.train.page.facts import SearchFacts, settings
from pipeline.steps.train.page.numbers import figure, written
from pipeline.tuning.trials import Standing

WIDTH, HEIGHT = 340, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 330, 12, 160
_LETTER = 6  # pixels
_MOST_GROUPS = 6
_MOST_WRITTEN = 20


@dataclass(frozen=True)
class Point:
    """A candidate's mean in the picture's pixels."""

    x: float
    y: float
    text: str
    is_winner: bool = False
    outside: bool = False


@dataclass(frozen=True)
class Tick:
    """A value written beside an axis, at a pixel of it."""

    at: float
    text: str


@dataclass(frozen=True)
class Effect:
    """One setting of one learner."""

    name: str
    points: tuple[Point, ...]
    means: tuple[tuple[float, float], ...]
    """Where values come in groups: the middle of each, and the mean of its candidates."""
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


@dataclass(frozen=True)
class LearnerEffects:
    """All searched settings of one learner that had candidates to compare."""

    learner: str
    colour: int
    effects: tuple[Effect, ...]


def effects_of(facts: SearchFacts) -> tuple[LearnerEffects, ...]:
    """Learner by learner; only candidates that saw as many rows as the learner's best one compare."""
    found = []
    for colour, learner in enumerate(facts.learners):
        own = [standing for standing in facts.succeeded if standing.candidate.learner == learner]
        most = max((standing.share for standing in own), default=1.0)
        own = [standing for standing in own if standing.share == most]
        effects = [_effect(name, own, facts) for name in facts.searched[learner]] if len(own) > 1 else []
        drawn = tuple(effect for effect in effects if effect is not None)
        if drawn:
            found.append(LearnerEffects(learner, colour, drawn))
    return tuple(found)


def _effect(name: str, own: Sequence[Standing], facts: SearchFacts) -> Effect | None:
    has_it = [standing for standing in own if name in settings(standing)]
    values = [settings(standing)[name] for standing in has_it]
    if len({repr(value) for value in values}) < 2:
        return None
    up = metric_axis([standing.mean for standing in has_it], lower_is_better=BETTER[facts.metric] == "lower")
    places, across, is_grouped = _across(values)
    points = tuple(
        Point(
            places[repr(value)],
            _pixel_up(up, standing.mean),
            f"#{standing.candidate.number} {name}={written(value)}: {figure(standing.mean)}",
            is_winner=standing is facts.winner,
            outside=not up.holds(standing.mean),
        )
        for standing, value in zip(has_it, values, strict=True)
    )
    means = _means(points) if is_grouped else ()
    ticks = tuple(Tick(_pixel_up(up, at), text) for at, text in up.ticks)
    return Effect(name, points, means, across, ticks)


def _across(values: Sequence[Any]) -> tuple[Mapping[str, float], tuple[Tick, ...], bool]:
    """Each value's pixel, what is written below, and whether values come in groups side by side."""
    distinct = {repr(value): value for value in values}
    if len(distinct) > _MOST_GROUPS and all(map(_is_number, distinct.values())):
        axis = setting_axis(list(distinct.values()))
        places = {key: _pixel_across(axis.place(value)) for key, value in distinct.items()}
        ticks = tuple(Tick(_pixel_across(axis.place(at)), text) for at, text in axis.ticks)
        return places, ticks, False
    ordered = sorted(distinct, key=lambda key: _order(distinct[key]))
    middles = {key: _pixel_across((place + 0.5) / len(ordered)) for place, key in enumerate(ordered)}
    room = max(3, (_RIGHT - _LEFT) // len(ordered) // _LETTER)
    ticks = tuple(Tick(middles[key], _short(distinct[key], room)) for key in ordered)
    return middles, ticks if len(ordered) <= _MOST_WRITTEN else (), True


def _order(value: Any) -> tuple[bool, float, str]:
    """Numbers first, by size, then texts."""
    return (False, value, "") if _is_number(value) else (True, 0.0, str(value))


def _means(points: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    groups: dict[float, list[float]] = {}
    for point in points:
        groups.setdefault(point.x, []).append(point.y)
    return tuple((x, round(statistics.fmean(ys), 1)) for x, ys in sorted(groups.items()))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short(value: Any, room: int) -> str:
    """A value in so many letters."""
    text = written(value)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _pixel_across(place: float) -> float:
    return round(_LEFT + place * (_RIGHT - _LEFT), 1)


def _pixel_up(axis: Axis, value: float) -> float:
    return round(_BOTTOM - axis.place(value) * (_BOTTOM - _TOP), 1)
