"""The `features` section: which columns a model sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from pipeline.config.base import Names, Scalar, Section, Text, listed, one_or_many


def _once(value: object) -> object:
    """Each value once, in the order written."""
    found = listed(value)
    return tuple(dict.fromkeys(found)) if isinstance(found, tuple) and _are_texts(found) else found


def _are_texts(values: tuple[object, ...]) -> bool:
    return all(isinstance(value, str) for value in values)


def _one_as_itself(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


Impute = Literal["median", "mean", "zero"]
Scale = Literal["standard", "minmax", "robust", "none"]
Imputes = Annotated[
    tuple[Impute, ...],
    BeforeValidator(_once),
    PlainSerializer(_one_as_itself, when_used="json"),
    one_or_many({"enum": ["median", "mean", "zero"]}),
    Field(min_length=1),
]
Scales = Annotated[
    tuple[Scale, ...],
    BeforeValidator(_once),
    PlainSerializer(_one_as_itself, when_used="json"),
    one_or_many({"enum": ["standard", "minmax", "robust", "none"]}),
    Field(min_length=1),
]


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
    impute: Imputes = ("median",)
    """What stands in for a missing number. Where training rows have missing values, a 0/1 column beside it
    says so. A list is searched, for linear learners and Spark's trees: xgboost takes gaps as they are."""
    scale: Scales = ("standard",)
    """How numbers are scaled for linear learners. A list is searched."""

    def searched(self, family: str) -> dict[str, tuple[str, ...]]:
        """The settings with several values that matter to a family of learners, by name."""
        mattering = {"linear": ("impute", "scale"), "tree": ("impute",), "boosting": ()}[family]
        listed: dict[str, tuple[str, ...]] = {"impute": self.impute, "scale": self.scale}
        return {name: listed[name] for name in mattering if len(listed[name]) > 1}

    def chosen(self, settings: Mapping[str, str]) -> Features:
        """These features with one value for each of the settings that were searched."""
        return self.model_copy(update={name: (value,) for name, value in settings.items()})
