"""The `features` section: which columns a model sees."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

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
