"""A small neural network: sigmoid layers of one size, and a softmax over the classes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.errors import ConfigError
from pipeline.learners.base import Columns, FitContext, Learner, Params, vector_columns
from pipeline.learners.parameters import ParamSpec, specs

if TYPE_CHECKING:
    from pyspark.ml import Estimator


class MultilayerPerceptron(Learner):
    """Spark's MultilayerPerceptronClassifier. Needs `Columns.width` and `FitContext.classes`."""

    name = "multilayer_perceptron"
    tasks = ("binary", "multiclass")
    takes_weights = False
    family = "linear"  # its inputs, like those of linear learners, are best scaled
    defaults = specs(
        ParamSpec("hidden_units", int, 32, "Units in each hidden layer.", minimum=1, maximum=10_000),
        ParamSpec("hidden_layers", int, 1, "Hidden layers; 0 is a softmax alone.", minimum=0, maximum=20),
        ParamSpec("maxIter", int, 100, "Most iterations of the solver.", minimum=1, maximum=100_000),
        ParamSpec("tol", float, 1e-6, "Change at which the solver stops.", above=0, maximum=1),
        ParamSpec("solver", str, "l-bfgs", "How weights are found.", choices=("l-bfgs", "gd")),
        ParamSpec("stepSize", float, 0.03, "Step of solver `gd`.", above=0),
        ParamSpec("blockSize", int, 128, "Rows that are worked on at once.", minimum=1),
    )
    default_space = MappingProxyType({"hidden_units": (16, 64)})

    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        from pyspark.ml.classification import MultilayerPerceptronClassifier as Stage

        if columns.weight is not None:
            raise ConfigError(
                f"Learner '{self.name}' cannot weigh rows. Leave it out, or train without weights."
            )
        if columns.width is None or context.classes < 2:
            raise TypeError("this learner needs the feature vector's width and the number of classes")
        values = self.complete(params)
        hidden = [values.pop("hidden_units")] * values.pop("hidden_layers")
        layers = [columns.width, *hidden, context.classes]
        return Stage(**vector_columns(columns), **values, layers=layers, seed=context.seed)

    def complexity(self, params: Params) -> float:
        """Weights between hidden units; those to and from them grow with the units too."""
        values = self.complete(params)
        units, layers = values["hidden_units"], values["hidden_layers"]
        return float(units * layers + units * units * max(0, layers - 1))
