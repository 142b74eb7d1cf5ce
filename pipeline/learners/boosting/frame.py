"""The frame a training task reads: features by position, label, weight and flag, rows in a fixed order."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType, NumericType

from pipeline.errors import ConfigError
from pipeline.learners.boosting.model import float_column

ORDER, LABEL, WEIGHT, VALIDATION = "order", "label", "weight", "validation"
_QUANTITIES = (NumericType, BooleanType)


@dataclass(frozen=True)
class Layout:
    """Names in the caller's frame. In the training frame they are positions, so any name is allowed here."""

    features: tuple[str, ...]
    label: str
    weight: str | None
    validation: str | None
    order: str | None

    @property
    def positions(self) -> list[str]:
        """The features' names in the training frame.

        The first is `values` because `xgboost.spark` (3.2) looks for a column of that name in an Arrow batch
        without validation rows, or with nothing else, and fails when there is none.
        """
        return ["values", *(f"f{position}" for position in range(1, len(self.features)))]


def training_frame(dataset: DataFrame, layout: Layout, *, stopping: bool) -> DataFrame:
    """Features, label, weight, validation flag and order, in this order.

    A row whose flag is true is never trained on: without early stopping it is left out, and so is the flag.
    Raises ConfigError for a column that is neither a number nor a boolean.
    """
    _validate_types(dataset, layout)
    named = zip(layout.features, layout.positions, strict=True)
    columns = [float_column(name).alias(position) for name, position in named]
    columns.append(float_column(layout.label).alias(LABEL))
    if layout.weight is not None:
        columns.append(float_column(layout.weight).alias(WEIGHT))
    if layout.validation is not None:
        flag = F.coalesce(_column(layout.validation), F.lit(False))
        if stopping:
            columns.append(flag.alias(VALIDATION))
        else:
            dataset = dataset.where(~flag)
    # Without a column of the caller's, rows are told apart by what they hold; equal ones are interchangeable.
    key = _column(layout.order) if layout.order is not None else F.xxhash64(*columns)
    return dataset.select(*columns, key.alias(ORDER))


def in_order(frame: DataFrame, partitions: int) -> DataFrame:
    """So many partitions, each in an order of its own content, whatever the partitions of the input were.

    Order matters: it changes sums of floats and which rows are sampled.
    """
    spread = frame.repartition(1) if partitions == 1 else frame.repartition(partitions, ORDER)
    return spread.sortWithinPartitions(ORDER, LABEL).drop(ORDER)


def _column(name: str) -> Column:
    return F.col("`" + name.replace("`", "``") + "`")


def _validate_types(dataset: DataFrame, layout: Layout) -> None:
    names = [*layout.features, layout.label, *filter(None, [layout.weight])]
    for name, field in zip(names, dataset.select(*map(_column, names)).schema, strict=True):
        if not isinstance(field.dataType, _QUANTITIES):
            raise ConfigError(
                f"Boosted trees: column '{name}' is {field.dataType.simpleString()};"
                " allowed: a number or boolean. Encode it as category codes first."
            )
    if layout.validation is None:
        return
    flag = dataset.select(_column(layout.validation)).schema[0].dataType
    if not isinstance(flag, BooleanType):
        raise ConfigError(
            f"Boosted trees: validation column '{layout.validation}' is {flag.simpleString()};"
            " allowed: boolean."
        )
