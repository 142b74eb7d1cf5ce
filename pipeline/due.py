"""Which steps a run has to do, and why: a pure function of what the registry says and of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.errors import ConfigError

STEPS = ("ingest", "clean", "features", "train", "promote", "score")
DATA_STEPS = STEPS[:3]


@dataclass(frozen=True)
class Models:
    """What the registry knows. Versions are None where there is none."""

    champion: int | None = None
    challenger: int | None = None
    undecided: bool = False
    """Whether the challenger still waits for promotion: its run ended before `promote` had its say."""
    trained_at: datetime | None = None
    """When the newest model was trained, promoted or not."""


@dataclass(frozen=True)
class Due:
    """Whether a step is due, and the reason in words."""

    step: str
    is_due: bool
    reason: str


def due(
    models: Models, every: timedelta | None, now: datetime, *, retrain: bool = False, trains: bool = True
) -> tuple[Due, ...]:
    """Every step in order. Data steps look for news in each run; training and promotion wait for a reason.

    `trains` is false once training is behind, or outside of what was asked for: then it brings no challenger.
    """
    train = _train(models, every, now, retrain) if trains else Due("train", False, "not part of what is left")
    promote = _promote(models, train)
    return (
        Due("ingest", True, "every run looks for new files"),
        Due("clean", True, "every run looks for landed batches"),
        Due("features", True, "every run looks for changed rows"),
        train,
        promote,
        _score(models, promote),
    )


def _train(models: Models, every: timedelta | None, now: datetime, retrain: bool) -> Due:
    if retrain:
        return Due("train", True, "--retrain")
    if models.champion is None:
        return Due("train", True, "there is no champion yet")
    if every is None or models.trained_at is None:
        return Due("train", False, f"version {models.champion} is champion and train.every is not set")
    age = now - models.trained_at
    if age >= every:
        return Due("train", True, f"the last training is {days(age)} old, train.every is {days(every)}")
    return Due("train", False, f"the last training is {days(age)} old, train.every is {days(every)}")


def _promote(models: Models, train: Due) -> Due:
    if train.is_due:
        return Due("promote", True, "follows training")
    if models.undecided:
        return Due("promote", True, f"version {models.challenger} was trained and waits for a decision")
    if models.champion is None and models.challenger is not None:
        return Due("promote", True, f"there is no champion yet and version {models.challenger} may become it")
    return Due("promote", False, "no challenger waits for a decision")


def _score(models: Models, promote: Due) -> Due:
    if models.champion is not None:
        return Due("score", True, "every run looks for rows that the champion has not scored")
    if promote.is_due:
        return Due("score", True, "follows the first promotion")
    return Due("score", False, "there is no champion to score with")


def between(first: str | None, last: str | None) -> tuple[str, ...]:
    """The steps from one to another, both included. Raises ConfigError for an unknown name or order."""
    for option, step in (("--from", first), ("--to", last)):
        if step is not None and step not in STEPS:
            raise ConfigError(f"{option} is '{step}'. Steps, in order: {', '.join(STEPS)}.")
    begin = STEPS.index(first) if first else 0
    end = STEPS.index(last) if last else len(STEPS) - 1
    if begin > end:
        raise ConfigError(f"--from {first} comes after --to {last}. Steps, in order: {', '.join(STEPS)}.")
    return STEPS[begin : end + 1]


def days(duration: timedelta) -> str:
    """A duration in the largest unit that keeps it above one: 45 d, 3 h, 12 min."""
    seconds = duration.total_seconds()
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
