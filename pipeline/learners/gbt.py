"""Spark's own gradient-boosted trees: for clusters whose workers have no XGBoost."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params
from pipeline.learners.parameters import ParamSpec, specs
from pipeline.learners.tree_parameters import (
    MAX_BINS,
    MIN_GAIN,
    MIN_INSTANCES,
    SUBSAMPLING,
    feature_subset,
    max_depth,
    tree_arguments,
)

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class Gbt(Learner):
    """Spark's GBTRegressor or GBTClassifier, which knows two classes and no more."""

    name = "gbt"
    tasks = ("regression", "binary")
    family = "tree"
    defaults = specs(
        ParamSpec("maxIter", int, 20, "Boosting rounds, one tree each.", minimum=1, maximum=10_000),
        ParamSpec("stepSize", float, 0.1, "How much of each tree is added.", above=0, maximum=1),
        ParamSpec(
            "lossType",
            str,
            "squared",
            "What a round reduces.",
            choices=("squared", "absolute"),
            tasks=("regression",),
        ),
        max_depth(5),
        MAX_BINS,
        MIN_INSTANCES,
        MIN_GAIN,
        SUBSAMPLING,
        feature_subset("all"),
    )
    default_space = MappingProxyType({"maxDepth": (3, 5)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pyspark.ml.classification import GBTClassifier
        from pyspark.ml.regression import GBTRegressor

        arguments = tree_arguments(self.complete(params, context.task), columns, context)
        return GBTRegressor(**arguments) if context.task == "regression" else GBTClassifier(**arguments)

    def complexity(self, params: Params) -> float:
        """The most leaves all rounds can have together."""
        values = self.complete(params)
        return float(values["maxIter"] * 2 ** values["maxDepth"])
