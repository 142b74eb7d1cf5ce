"""XGBoost, as our own pyspark.ml stage in `boosting`."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params
from pipeline.learners.boosting.parameters import PARAMETERS

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class XGBoost(Learner):
    """Boosted trees on float columns: missing values and category codes as they are."""

    name = "xgboost"
    tasks = ("regression", "binary", "multiclass")
    family = "boosting"
    defaults = PARAMETERS
    default_space = MappingProxyType({"max_depth": (3, 6), "learning_rate": (0.05, 0.1)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pipeline.learners.boosting.estimator import XGBoostEstimator

        values = self.complete(params, context.task)
        if isinstance(columns.features, str):
            raise TypeError("xgboost takes float columns, not a vector column")
        return XGBoostEstimator(
            inputCols=list(columns.features),
            labelCol=columns.label,
            weightCol=columns.weight,
            validationIndicatorCol=columns.validation,
            categoricalCols=list(columns.categorical),
            orderCol=columns.order,
            predictionCol="prediction",
            probabilityCol="probability",
            classes=context.classes,
            seed=context.seed,
            placement=context.placement,
            localMemoryBytes=context.local_memory_bytes,
            rows=context.rows,
            **values,
        )

    def stops_early(self, params: Params) -> bool:
        """With `early_stopping_rounds`."""
        return self.complete(params)["early_stopping_rounds"] is not None

    def refit_params(self, params: Params, rounds: int | None) -> Params:
        """As many rounds as the folds stopped at, and no rows held back to stop on."""
        if rounds is None:
            return params
        return {**params, "n_estimators": rounds, "early_stopping_rounds": None}

    def complexity(self, params: Params) -> float:
        """The most leaves all rounds can have together."""
        values = self.complete(params)
        leaves = 2 ** values["max_depth"]
        if values["max_leaves"]:
            leaves = min(leaves, values["max_leaves"])
        return float(values["n_estimators"] * leaves)
