"""Trials on record in MLflow: each candidate a run below the training, each trial a tag of it as it ends."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from pipeline.tracking import REASON, Child, Children, Note
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.judges import Fold
from pipeline.tuning.trial_key import candidate_key, trial_key
from pipeline.tuning.trial_text import trial_from, trial_text
from pipeline.tuning.trials import Standing, Trial

TRIAL = "trial."
"""Begins the name of a tag that holds a trial; its key follows."""

_NOBODY = Candidate(0, "", {})


class TrainingJournal:
    """The record of one training's search; `ground` is its `ground_key`.

    A trial of an earlier driver that machines broke is forgotten, and so done again. With `try_failed_again`
    all its failed trials are: what broke the training may have broken them.
    """

    def __init__(
        self, children: Children, ground: str, metric: str, *, try_failed_again: bool = False
    ) -> None:
        self._children, self._ground, self._metric = children, ground, metric
        self._left: Mapping[str, Child] = children.find()
        self._done_now: set[str] = set()
        self._trials: dict[str, str] = {}
        for child in self._left.values():
            for name, text in child.tags.items():
                if name.startswith(TRIAL) and not _is_due_again(text, whatever_failed=try_failed_again):
                    self._trials[name.removeprefix(TRIAL)] = text

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials on record, of earlier drivers too; whose they are is not told."""
        found = (trial_from(text, _NOBODY) for text in self._trials.values())
        return tuple(trial for trial in found if trial is not None)

    @property
    def done_now(self) -> tuple[Trial, ...]:
        """The trials of this driver."""
        found = (trial_from(self._trials[key], _NOBODY) for key in self._done_now)
        return tuple(trial for trial in found if trial is not None)

    @property
    def kept(self) -> int:
        """How many trials are on record."""
        return len(self._trials)

    def found(self, attempt: Attempt, fold: Fold) -> Trial | None:
        """The trial of an earlier driver, or of an equal candidate of this one."""
        key = trial_key(self._key(attempt.candidate), fold.number, attempt.share)
        text = self._trials.get(key)
        return None if text is None else trial_from(text, attempt.candidate)

    def record(self, trial: Trial) -> None:
        """A trial has ended. Raises TransientError or ConfigError when the store refused an earlier one."""
        candidate = self._key(trial.candidate)
        key = trial_key(candidate, trial.fold, trial.share)
        text = trial_text(trial)
        self._children.write(
            Note(
                candidate,
                trial.candidate.label,
                _params(trial.candidate),
                _measured(_trial_metrics(trial, self._metric), trial.share),
                {TRIAL + key: text, "candidate": str(trial.candidate.number)},
            )
        )
        self._trials[key] = text
        self._done_now.add(key)

    def finish(self, standing: Standing) -> None:
        """An attempt has all its folds; what an earlier driver has written is not written again."""
        key = self._key(standing.candidate)
        left = self._left.get(key)
        known = [trial for trial in standing.trials if self._is_known(key, trial)]
        is_written = left is not None and left.status in ("FINISHED", "FAILED")
        if is_written and len(known) == len(standing.trials):
            return
        metrics = _standing_metrics(standing)
        tags = {"placement": standing.placement}
        if standing.rounds is not None:
            tags["rounds"] = str(standing.rounds)
        if standing.failed is not None:
            tags[REASON] = standing.failed
        elif left is not None and REASON in left.tags:
            tags[REASON] = ""  # it was tried again
        self._children.write(
            Note(
                key,
                standing.candidate.label,
                _params(standing.candidate),
                _measured(metrics, standing.share),
                tags,
                "FAILED" if standing.failed else "FINISHED",
            )
        )

    def _is_known(self, candidate: str, trial: Trial) -> bool:
        """Whether an earlier driver did it."""
        return trial_key(candidate, trial.fold, trial.share) not in self._done_now

    def _key(self, candidate: Candidate) -> str:
        return candidate_key(self._ground, candidate)


@contextmanager
def open_journal(
    children: Children, ground: str, metric: str, *, try_failed_again: bool = False
) -> Iterator[TrainingJournal]:
    """A journal whose trials are all written when the block ends. Ctrl-C says how many are kept."""
    journal = TrainingJournal(children, ground, metric, try_failed_again=try_failed_again)
    try:
        yield journal
    except BaseException as error:
        with suppress(Exception):  # the block's own error is the one to tell
            children.close()
        if isinstance(error, KeyboardInterrupt) and journal.kept:
            raise KeyboardInterrupt(f"{journal.kept:,} trials") from error
        raise
    children.close()


def _is_due_again(text: str, *, whatever_failed: bool) -> bool:
    trial = trial_from(text, _NOBODY)
    if trial is None:
        return True
    return trial.by_machines or (whatever_failed and trial.failed is not None)


def _params(candidate: Candidate) -> dict[str, object]:
    return {"learner": candidate.learner, **candidate.params, **candidate.features}


def _trial_metrics(trial: Trial, metric: str) -> dict[str, float]:
    """What people compare of one trial; all the rest is in its tag."""
    found = {metric: trial.metrics.get(metric), f"training_{metric}": trial.training_metrics.get(metric)}
    found |= {"seconds": trial.seconds, "rounds": trial.rounds}
    return {f"{name}_fold_{trial.fold + 1}": value for name, value in found.items() if value is not None}


def _standing_metrics(standing: Standing) -> dict[str, float]:
    metric = standing.metric
    found = {**standing.metrics, f"{metric}_spread": standing.spread, "seconds": standing.seconds}
    if standing.gap is not None and standing.training_mean is not None:
        found |= {f"training_{metric}": standing.training_mean, f"{metric}_gap": standing.gap}
    return found


def _measured(metrics: Mapping[str, float], share: float) -> tuple[tuple[str, float, int], ...]:
    """With the percent of the training rows as step: the newest value is that of the largest share."""
    step = round(100 * share)
    return tuple((name, value, step) for name, value in metrics.items() if math.isfinite(value))
