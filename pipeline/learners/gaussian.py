"""Spark's gaussian naive Bayes, mended for rows that lack a class, with smoothed variances."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pyspark.ml.classification import NaiveBayes, NaiveBayesModel
from pyspark.ml.linalg import DenseMatrix, DenseVector
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

Floats = npt.NDArray[np.float64]


class Gaussian(NaiveBayes):
    """Spark (4.2) numbers the classes it sees: with class 1 lacking, class 2 would be predicted as 1.

    This stage gives every class its own row, one never seen with probability 0. The fitted model is Spark's.
    """

    def __init__(self, classes: int, smoothing: float, **columns: Any) -> None:
        """`smoothing` is added to every variance, as a share of the largest variance of a feature."""
        super().__init__(modelType="gaussian", **columns)
        self._classes = classes
        self._smoothing = smoothing

    def _fit(self, dataset: DataFrame) -> NaiveBayesModel:
        model = super()._fit(dataset)
        seen = list(range(self._classes))
        if model.numClasses < self._classes:
            label = F.col("`" + self.getLabelCol().replace("`", "``") + "`")
            distinct = dataset.select(label.alias("label")).distinct().collect()  # a row per class
            seen = sorted(int(row["label"]) for row in distinct)
        prior, mean, variance = (
            np.asarray(values)
            for values in (model.pi.toArray(), model.theta.toArray(), model.sigma.toArray())
        )
        variance = variance + self._smoothing * largest_variance(prior, mean, variance)
        parts = (
            DenseVector(spread_over(prior, seen, self._classes, -np.inf)),
            _matrix(spread_over(mean, seen, self._classes, 0.0)),
            _matrix(spread_over(variance, seen, self._classes, 1.0)),
        )
        return _model(model, parts)


def largest_variance(prior: Floats, mean: Floats, variance: Floats) -> float:
    """The largest variance of a feature over all classes, from log priors and moments within each class."""
    share = np.exp(prior)[:, None]
    center = (share * mean).sum(axis=0)
    return float((share * (variance + (mean - center) ** 2)).sum(axis=0).max())


def spread_over(values: Floats, seen: list[int], classes: int, other: float) -> Floats:
    """A row for every class: those of `seen` from `values`, in order; `other` for the rest."""
    spread = np.full((classes, *values.shape[1:]), other)
    spread[seen] = values
    return spread


def _matrix(values: Floats) -> DenseMatrix:
    rows, columns = values.shape
    return DenseMatrix(rows, columns, values.ravel(order="F").tolist())


def _model(fitted: NaiveBayesModel, parts: tuple[Any, ...]) -> NaiveBayesModel:
    name = "org.apache.spark.ml.classification.NaiveBayesModel"
    model: NaiveBayesModel = NaiveBayesModel._create_from_java_class(name, fitted.uid, *parts)
    return fitted._copyValues(model)
