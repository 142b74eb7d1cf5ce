"""A linear support vector machine: the widest margin between two classes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params, vector_columns
from pipeline.learners.parameters import ParamSpec, specs

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class LinearSvc(Learner):
    """Spark's LinearSVC: hinge loss and ridge penalty. It knows margins, no probabilities."""

    name = "linear_svc"
    tasks = ("binary",)
    gives_probability = False
    family = "linear"
    defaults = specs(
        ParamSpec("regParam", float, 0.01, "Strength of the ridge penalty, beside the mean loss.", minimum=0),
        ParamSpec("fitIntercept", bool, True, "Whether there is an intercept."),
        ParamSpec("standardization", bool, True, "Whether the penalty looks at features of unit spread."),
        ParamSpec("maxIter", int, 100, "Most iterations of the solver.", minimum=1, maximum=100_000),
        ParamSpec("tol", float, 1e-6, "Change at which the solver stops.", above=0, maximum=1),
    )
    default_space = MappingProxyType({"regParam": (0.001, 0.01, 0.1)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:  # noqa: ARG002
        from pyspark.ml.classification import LinearSVC as Stage

        return Stage(**vector_columns(columns), **self.complete(params))

    def complexity(self, params: Params) -> float:
        """More penalty is simpler."""
        return -float(self.complete(params)["regParam"])
