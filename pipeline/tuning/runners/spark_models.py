"""Spark's own linear models made from coefficients: they predict in the JVM, and are stored as any other."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.ml.classification import LogisticRegressionModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.ml.regression import LinearRegressionModel


def linear_model(uid: str, coefficients: Sequence[float], intercept: float) -> LinearRegressionModel:
    """A linear regression; its columns are Spark's defaults."""
    name = "org.apache.spark.ml.regression.LinearRegressionModel"
    return LinearRegressionModel._create_from_java_class(
        name, uid, DenseVector(coefficients), float(intercept)
    )


def logistic_model(
    uid: str, coefficients: Sequence[float], intercepts: Sequence[float], classes: int
) -> LogisticRegressionModel:
    """A logistic regression: one row of coefficients for two classes, of more one for each, row after row."""
    rows = len(intercepts)
    matrix = DenseMatrix(rows, len(coefficients) // rows, coefficients, isTransposed=True)
    name = "org.apache.spark.ml.classification.LogisticRegressionModel"
    return LogisticRegressionModel._create_from_java_class(
        name, uid, matrix, DenseVector(intercepts), classes, rows > 1
    )
