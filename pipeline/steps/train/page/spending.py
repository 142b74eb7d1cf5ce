"""Where the time went, and where trials ran."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.steps.train.page.facts import SearchFacts
from pipeline.steps.train.page.numbers import duration, size
from pipeline.tuning.trials import Standing, Trial

_WORDS = {
    "prefix": "fitting the features of each fold, once",
    "fit": "fitting candidates",
    "evaluation": "measuring them on the rows that judge",
    "failed": "trials that failed",
    "other": "the rest of the trials",
}


@dataclass(frozen=True)
class Part:
    """One part of the time; `percent` of all of it."""

    kind: str
    words: str
    time: str
    percent: float


@dataclass(frozen=True)
class Place:
    """The trials of one learner in one place."""

    learner: str
    placement: str
    trials: int
    failed: int
    time: str
    estimated: str
    """The most memory that a trial was expected to take."""
    used: str
    """The most that one took."""


def parts_of(facts: SearchFacts) -> tuple[Part, ...]:
    """The parts that took time, in the order of the work; together all of it."""
    good = [trial for trial in facts.trials if trial.failed is None]
    seconds = {
        "prefix": facts.preparing_seconds,
        "fit": _total(good, "fit"),
        "evaluation": _total(good, "evaluation"),
        "failed": sum(trial.seconds for trial in facts.trials if trial.failed is not None),
    }
    seconds["other"] = max(0.0, sum(trial.seconds for trial in good) - seconds["fit"] - seconds["evaluation"])
    total = sum(seconds.values()) or 1.0
    return tuple(
        Part(kind, _WORDS[kind], duration(found), round(100 * found / total, 1))
        for kind, found in seconds.items()
        if found > 0.001 * total
    )


def places_of(standings: Sequence[Standing]) -> tuple[Place, ...]:
    """Learner by learner and place by place, the trials that candidates stand with."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for standing in standings:
        for trial in standing.trials:
            groups.setdefault((trial.candidate.learner, trial.placement), []).append(trial)
    return tuple(
        Place(
            learner,
            placement,
            len(trials),
            sum(1 for trial in trials if trial.failed is not None),
            duration(sum(trial.seconds for trial in trials)),
            size(_most(trial.estimated_bytes for trial in trials)),
            size(_most(trial.used_bytes for trial in trials)),
        )
        for (learner, placement), trials in groups.items()
    )


def notes_of(trials: Sequence[Trial]) -> tuple[tuple[str, int], ...]:
    """What happened beside, such as why trials were not done where they were placed, and how often."""
    return tuple(Counter(trial.note for trial in trials if trial.note is not None).most_common())


def _total(trials: Sequence[Trial], part: str) -> float:
    return sum(trial.parts.get(part, 0.0) for trial in trials)


def _most(found: Iterable[int | None]) -> int | None:
    return max((number for number in found if number is not None), default=None)
