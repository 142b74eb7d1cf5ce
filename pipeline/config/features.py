"""The `features` and `split` sections: which columns a model sees, and which rows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.config.base import Names, Scalar, Section, Text


class Features(Section):
    """From silver tables to the columns a model sees."""

    query: Text | None = None
    """A Spark SQL query over the silver tables, each called as its source. Default: the only source."""
    key: Annotated[Names, Field(min_length=1)] | None = None
    """The columns that name a row of the query. Default: the source's key."""
    label: Text
    """The column to predict. Rows without it are scored, never trained on."""
    positive: Scalar | None = None
    """Binary: the class that counts, as it is written in the label. Default: the one that says yes: `yes`,
    `true`, `1` and the like, or the label column's own name."""
    weight: Text | None = None
    """A column of numbers: how much each row counts in a fit. Metrics weigh all rows alike."""
    event_time: Text | None = None
    """The column that says when a row happened, a DATE or a TIMESTAMP: what `split.by: time` goes by. It
    is no feature itself."""
    derive: dict[str, Text] = Field(default_factory=dict)
    """New column → Spark SQL expression over the query's columns and the ones derived before it."""
    numeric: Literal["auto"] | Names = "auto"
    """Columns treated as numbers. `auto`: by type and cardinality. A declared role always wins."""
    categorical: Literal["auto"] | Names = "auto"
    """Columns treated as categories. `auto`: by type and cardinality. A declared role always wins."""
    exclude: Names = ()
    """Columns that no model may see."""
    leakage: Literal["warn", "fail", "ignore"] = "warn"
    """What happens when one column alone predicts the label nearly perfectly, as a column does that is filled
    after the label is known. `warn`: it is named. `fail`: training ends with exit code 3. `ignore`: nobody
    looks."""
    impute: Literal["median", "mean", "zero"] = "median"
    """What stands in for a missing number. Where training rows have missing values, a 0/1 column beside it
    says so."""
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"
    """How numbers are scaled for linear learners."""


class Boundaries(Section):
    """Where the parts of a split by time begin."""

    validation: Text | None = None
    """The first moment of the validation rows. Default: no validation rows."""
    test: Text
    """The first moment of the test rows. Both are dates, or times such as 2013-11-15T08:00:00Z; without a
    zone, a time is read in the session's."""


class Split(Section):
    """Which rows train, validate and test."""

    by: Literal["hash", "time"] = "hash"
    """`hash`: by a hash of the key and `salt`, so that a row stays where it is whatever else arrives.
    `time`: by `features.event_time`, test rows last; each fold judges a block of training rows and fits on
    what came before it."""
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

    @model_validator(mode="after")
    def _adds_up(self) -> Split:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            shares = f"{self.train:g} + {self.validation:g} + {self.test:g}"
            raise ValueError(f"split.train + split.validation + split.test is {shares}. Make the sum 1.")
        return self
