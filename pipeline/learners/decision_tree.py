"""One tree."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params
from pipeline.learners.parameters import specs
from pipeline.learners.tree_parameters import (
    IMPURITY,
    MAX_BINS,
    MIN_GAIN,
    MIN_INSTANCES,
    max_depth,
    tree_arguments,
)

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class DecisionTree(Learner):
    """Spark's DecisionTreeRegressor or DecisionTreeClassifier."""

    name = "decision_tree"
    tasks = ("regression", "binary", "multiclass")
    family = "tree"
    defaults = specs(max_depth(5), MAX_BINS, MIN_INSTANCES, MIN_GAIN, IMPURITY)
    default_space = MappingProxyType({"maxDepth": (4, 6, 8)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pyspark.ml.classification import DecisionTreeClassifier
        from pyspark.ml.regression import DecisionTreeRegressor

        arguments = tree_arguments(self.complete(params, context.task), columns, context)
        if context.task == "regression":
            return DecisionTreeRegressor(**arguments)
        return DecisionTreeClassifier(**arguments)

    def complexity(self, params: Params) -> float:
        """The most leaves the tree can have."""
        return float(2 ** self.complete(params)["maxDepth"])
