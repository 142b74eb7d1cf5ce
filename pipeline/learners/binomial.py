"""Spark's LogisticRegression of two classes, mended for rows that have only one of them."""

from __future__ import annotations

from pyspark.ml.classification import LogisticRegression, LogisticRegressionModel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F


class Binomial(LogisticRegression):
    """Told that there are two classes, Spark (4.2) predicts class 1 where every row is of class 0.

    So this stage hides from it what `with_class_metadata` said; for two classes it needs no telling.
    """

    def _fit(self, dataset: DataFrame) -> LogisticRegressionModel:
        label = self.getLabelCol()
        column = F.col("`" + label.replace("`", "``") + "`")
        plain = column.alias(label, metadata={"ml_attr": {"type": "numeric"}})
        return super()._fit(dataset.withColumn(label, plain))
