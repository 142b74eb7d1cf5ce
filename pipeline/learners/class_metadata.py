"""How many classes a label has, told to Spark's own learners by the column itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def with_class_metadata(frame: DataFrame, label: str, classes: int) -> DataFrame:
    """`frame` with the label column (class indices as doubles) marked as nominal, of so many classes.

    Otherwise Spark's learners take the largest index they see for the last class, at the price of a job, and
    a fold without that class would make a model with one class less. No job runs here; a frame keeps the mark
    through `where`, `select` and `persist`.
    """
    from pyspark.sql import functions as F

    column = F.col("`" + label.replace("`", "``") + "`")
    return frame.withColumn(
        label, column.alias(label, metadata={"ml_attr": {"type": "nominal", "num_vals": classes}})
    )
