"""Logistic regression with an elastic net, for two classes or more."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.learners.base import Columns, FitContext, Learner, Params, vector_columns
from pipeline.learners.parameters import ParamSpec, specs

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class LogisticRegression(Learner):
    """Spark's LogisticRegression. The penalty adds to the mean loss of a row, so it means the same for any
    number of rows.
    """

    name = "logistic_regression"
    tasks = ("binary", "multiclass")
    family = "linear"
    defaults = specs(
        ParamSpec("regParam", float, 0.001, "Strength of the penalty, beside the mean loss.", minimum=0),
        ParamSpec(
            "elasticNetParam", float, 0.0, "Share of L1 in it: 0 ridge, 1 lasso.", minimum=0, maximum=1
        ),
        ParamSpec("fitIntercept", bool, True, "Whether there is an intercept."),
        ParamSpec("standardization", bool, True, "Whether the penalty looks at features of unit spread."),
        ParamSpec("maxIter", int, 200, "Most iterations of the solver.", minimum=1, maximum=100_000),
        ParamSpec("tol", float, 1e-6, "Change at which the solver stops.", above=0, maximum=1),
    )
    default_space = MappingProxyType({"regParam": (0.0001, 0.001, 0.01, 0.1)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pyspark.ml.classification import LogisticRegression as Multinomial

        from pipeline.learners.binomial import Binomial

        arguments = {**vector_columns(columns), **self.complete(params)}
        if context.task == "binary":
            return Binomial(**arguments, family="binomial")
        return Multinomial(**arguments, family="multinomial")

    def complexity(self, params: Params) -> float:
        """More penalty is simpler; of two equal penalties the one with more L1, as it drops features."""
        values = self.complete(params)
        return -float(values["regParam"]) - 1e-6 * float(values["elasticNetParam"])
