"""Naive Bayes with one normal distribution per feature and class."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params, vector_columns
from pipeline.learners.parameters import ParamSpec, specs

if TYPE_CHECKING:
    from pyspark.ml import Estimator

LEAST_SMOOTHING = 1e-9
"""What Spark's gaussian model always adds."""


class NaiveBayes(Learner):
    """Spark's NaiveBayes of type `gaussian`: its other types refuse features below 0, and scaled ones are.

    `smoothing` is ours: Spark's parameter of that name does nothing in this type.
    """

    name = "naive_bayes"
    tasks = ("binary", "multiclass")
    family = "linear"
    defaults = specs(
        ParamSpec(
            "modelType", str, "gaussian", "How a feature is distributed in a class.", choices=("gaussian",)
        ),
        ParamSpec(
            "smoothing",
            float,
            LEAST_SMOOTHING,
            "Added to every variance, as a share of the largest variance of a feature.",
            minimum=LEAST_SMOOTHING,
        ),
    )
    default_space = MappingProxyType({"smoothing": (1e-9, 1e-3, 0.1)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pipeline.learners.gaussian import Gaussian

        values = self.complete(params)
        return Gaussian(context.classes, values["smoothing"] - LEAST_SMOOTHING, **vector_columns(columns))

    def complexity(self, params: Params) -> float:
        """Wider distributions are simpler."""
        return -float(self.complete(params)["smoothing"])
