"""Who judges whom: for each fold, the rows that fit, those that stop boosting early, and those that judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.config.model import Config
from pipeline.tuning.rows import FOLD, INNER, SPLIT, TOO_NEAR


@dataclass(frozen=True)
class Fold:
    """Conditions over `with_splits` rows: who fits, who stops boosting early, who judges."""

    number: int
    training: str
    stopping: str
    judging: str

    @property
    def conditions(self) -> tuple[str, str, str]:
        """The three conditions, training first."""
        return self.training, self.stopping, self.judging


def folds_of(config: Config) -> tuple[Fold, ...]:
    """The folds of a configuration. Early stopping never looks at the rows that judge.

    With `folds: 0` the validation rows judge, and a tenth of the training rows is set apart to stop early.

    With folds, by hash, group or column: each fold judges what the others fit; boosting stops early by the
    validation rows.

    With folds, by time: each fold judges one block of training rows and fits on the blocks before it, or on
    the last of them where the window slides. The last tenth of the block just before stops boosting early: no
    fit reads what is later than its judges, or in the gap before them.
    """
    if config.train.folds == 0:
        return (
            Fold(
                0,
                f"{SPLIT} = 'train' AND NOT {INNER}",
                f"{SPLIT} = 'train' AND {INNER}",
                f"{SPLIT} = 'validation'",
            ),
        )
    numbers = range(config.train.folds)
    if config.split.by == "time":
        return tuple(_fold_by_time(number, config.split.window) for number in numbers)
    return tuple(_fold_by_hash(number) for number in numbers)


def _fold_by_hash(number: int) -> Fold:
    return Fold(
        number,
        f"{SPLIT} = 'train' AND {FOLD} <> {number}",
        f"{SPLIT} = 'validation'",
        f"{SPLIT} = 'train' AND {FOLD} = {number}",
    )


def _fold_by_time(number: int, window: Literal["expanding", "sliding"]) -> Fold:
    before = f"{FOLD} < {number}" if window == "expanding" else f"{FOLD} = {number - 1}"
    is_near = f"{SPLIT} = 'train' AND {TOO_NEAR} <= {number}"
    stops = f"{FOLD} = {number - 1} AND {INNER}"
    return Fold(
        number,
        f"{is_near} AND {before} AND NOT ({stops})",
        f"{is_near} AND {stops}",
        f"{SPLIT} = 'train' AND {FOLD} = {number}",
    )
