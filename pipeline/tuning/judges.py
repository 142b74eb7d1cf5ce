"""Who judges whom: for each fold, the rows that fit, those that stop boosting early, and those that judge."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.config.model import Config
from pipeline.tuning.rows import FOLD, INNER, SPLIT


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

    With folds, by hash: each fold judges what the others fit; boosting stops early by the validation rows.

    With folds, by time: each fold judges one block of training rows and fits on the blocks before it. The
    last tenth of the block just before stops boosting early: no fit reads what is later than its judges.
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
    fold = _fold_by_time if config.split.by == "time" else _fold_by_hash
    return tuple(fold(number) for number in range(config.train.folds))


def _fold_by_hash(number: int) -> Fold:
    return Fold(
        number,
        f"{SPLIT} = 'train' AND {FOLD} <> {number}",
        f"{SPLIT} = 'validation'",
        f"{SPLIT} = 'train' AND {FOLD} = {number}",
    )


def _fold_by_time(number: int) -> Fold:
    stops = f"{FOLD} = {number - 1} AND {INNER}"
    return Fold(
        number,
        f"{SPLIT} = 'train' AND {FOLD} < {number} AND NOT ({stops})",
        f"{SPLIT} = 'train' AND {stops}",
        f"{SPLIT} = 'train' AND {FOLD} = {number}",
    )
