"""The `split` section: which rows train, validate and test, and how folds are cut."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Duration, Names, Section, Text


class Boundaries(Section):
    """Where the parts of a split by time begin."""

    validation: Text | None = None
    """The first moment of the validation rows. Default: no validation rows."""
    test: Text
    """The first moment of the test rows. Both are dates, or times such as 2013-11-15T08:00:00Z; without a
    zone, a time is read in the session's."""


class Split(Section):
    """Which rows train, validate and test."""

    by: Literal["hash", "time", "group", "column"] = "hash"
    """`hash`: by a hash of the key and `salt`, so that a row stays where it is whatever else arrives.
    `time`: by `features.event_time`, test rows last; each fold judges a block of training rows and fits on
    what came before it. `group`: by a hash of the columns in `group`, so that rows which belong together are
    all in one part and one fold. `column`: as `column` and `fold_column` say."""
    group: Annotated[Names, Field(min_length=1)] | None = None
    """By group: the columns whose rows stay together, such as a customer. A row without any of them goes by
    its key."""
    column: Text | None = None
    """By column: a column that says train, validation or test. A row where it says anything else is in no
    part. It is no feature itself."""
    fold_column: Text | None = None
    """By column: a column with the fold of each training row, from 0 to `train.folds` - 1. It is no feature
    itself. Default: by a hash of the key."""
    stratify: bool = False
    """Classes, by hash: every part and fold has the same share of each class. Where a class is cut is found
    once and kept with the model, so that later trainings put the same rows into the same parts."""
    train: Annotated[float, Field(gt=0, lt=1)] = 0.7
    """Share of rows that tune and train."""
    validation: Annotated[float, Field(ge=0, lt=1)] = 0.15
    """Share of rows for early stopping; the winner is refitted on train and validation rows."""
    test: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Share of rows that are looked at once, after the winner is known."""
    salt: str = ""
    """Another salt puts other rows into each part. It is apart from `seed`, which moves no row."""
    boundaries: Boundaries | None = None
    """By time: where the parts begin, instead of their shares. Default: found once by the shares, and kept
    with the model."""
    window: Literal["expanding", "sliding"] = "expanding"
    """By time: what a fold fits on. `expanding`: all blocks before the one that it judges. `sliding`: only
    the block just before."""
    gap: Duration | None = None
    """By time: how long before the rows that judge nothing is fitted, as where a label is known only later.
    Rows in the gap before the validation and the test rows are in no part. Default: none."""

    @model_validator(mode="after")
    def _adds_up(self) -> Split:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            shares = f"{self.train:g} + {self.validation:g} + {self.test:g}"
            raise ValueError(f"split.train + split.validation + split.test is {shares}. Make the sum 1.")
        return self
