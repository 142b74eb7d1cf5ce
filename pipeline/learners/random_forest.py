"""Many trees on samples of rows and features, averaged."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params
from pipeline.learners.parameters import ParamSpec, specs
from pipeline.learners.tree_parameters import (
    IMPURITY,
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


class RandomForest(Learner):
    """Spark's RandomForestRegressor or RandomForestClassifier."""

    name = "random_forest"
    tasks = ("regression", "binary", "multiclass")
    family = "tree"
    defaults = specs(
        ParamSpec("numTrees", int, 20, "Trees in the forest.", minimum=1, maximum=10_000),
        max_depth(8),
        MAX_BINS,
        MIN_INSTANCES,
        MIN_GAIN,
        SUBSAMPLING,
        feature_subset("auto"),
        IMPURITY,
    )
    default_space = MappingProxyType({"maxDepth": (6, 10)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pyspark.ml.classification import RandomForestClassifier
        from pyspark.ml.regression import RandomForestRegressor

        arguments = tree_arguments(self.complete(params, context.task), columns, context)
        if context.task == "regression":
            return RandomForestRegressor(**arguments)
        return RandomForestClassifier(**arguments)

    def complexity(self, params: Params) -> float:
        """The most leaves all trees can have together."""
        values = self.complete(params)
        return float(values["numTrees"] * 2 ** values["maxDepth"])
