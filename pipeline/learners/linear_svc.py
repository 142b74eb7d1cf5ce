"""A linear support vector machine: the widest margin between two classes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params, vector_columns
from pipeline.learners.parameters import ParamSpec, specs

if TYPE_CHECKING:
    from pyspark.ml import Estimator

_SIDE, _MARGINS, _LOGITS = "__svc_side", "__svc_margins", "__svc_logits"


class LinearSvc(Learner):
    """Spark's LinearSVC: hinge loss and ridge penalty. It knows margins only.

    A logistic curve over the margins, fitted on the same rows, makes them probabilities (Platt 1999). It
    keeps the order of the rows, so the areas under curves are the machine's own.
    """

    name = "linear_svc"
    tasks = ("binary",)
    family = "linear"
    defaults = specs(
        ParamSpec("regParam", float, 0.01, "Strength of the ridge penalty, beside the mean loss.", minimum=0),
        ParamSpec("fitIntercept", bool, True, "Whether there is an intercept."),
        ParamSpec("standardization", bool, True, "Whether the penalty looks at features of unit spread."),
        ParamSpec("maxIter", int, 100, "Most iterations of the solver.", minimum=1, maximum=100_000),
        ParamSpec("tol", float, 1e-4, "Change at which the solver stops.", above=0, maximum=1),
    )
    default_space = MappingProxyType({"regParam": (0.001, 0.01, 0.1)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:  # noqa: ARG002
        from pyspark.ml import Pipeline
        from pyspark.ml.classification import LinearSVC as Stage

        from pipeline.learners.binomial import Binomial

        shared = vector_columns(columns)
        machine = Stage(
            **{**shared, "predictionCol": _SIDE, "rawPredictionCol": _MARGINS}, **self.complete(params)
        )
        # A little penalty, so that classes without overlap do not make the curve a step.
        curve = Binomial(
            **{**shared, "featuresCol": _MARGINS, "rawPredictionCol": _LOGITS},
            family="binomial",
            regParam=1e-4,
        )
        return Pipeline(stages=[machine, curve])

    def complexity(self, params: Params) -> float:
        """More penalty is simpler."""
        return -float(self.complete(params)["regParam"])
