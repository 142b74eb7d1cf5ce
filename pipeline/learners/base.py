"""What a learner is: a name, its parameters, and the pyspark.ml estimator they make.

Nothing here, nor at the top of a learner's module, imports pyspark or xgboost: a configuration is checked
without a JVM.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pipeline.config.search import Range
from pipeline.config.task import Task
from pipeline.learners.parameters import ParamSpec, Scalar, validate_parameters

if TYPE_CHECKING:
    from pyspark.ml import Estimator

Family = Literal["linear", "tree", "boosting"]
Placement = Literal["auto", "local", "distributed"]
Params = Mapping[str, Scalar | None]


@dataclass(frozen=True)
class Columns:
    """What the fitted feature stages hand over to the learner."""

    features: str | tuple[str, ...]
    """One vector column for linear and tree learners; float columns for boosting, missing as null or NaN."""
    label: str
    weight: str | None
    validation: str | None
    """Boosting: a boolean column. Rows where it is true serve early stopping and nothing else."""
    max_categories: int
    """The most categories of any categorical column, the slot for unseen ones included."""
    categorical: tuple[str, ...] = ()
    """Boosting: which of the float columns hold category codes 0, 1, 2 …"""
    order: str | None = None
    """Boosting: a column that orders the rows. Default: a hash of all that is trained on."""
    width: int | None = None
    """Length of the feature vector, for the learners that must know it beforehand."""


@dataclass(frozen=True)
class FitContext:
    """What a fit is told besides columns and parameters."""

    seed: int
    placement: Placement
    local_memory_bytes: int
    rows: int | None
    """Rows to train on, known or estimated. None: counted where that is needed."""
    task: Task = "regression"
    classes: int = 0
    """How many classes the label has, also where the rows at hand lack some; 0 in regression."""

    def __post_init__(self) -> None:
        """Raise ValueError where task and classes contradict each other."""
        fits = {"regression": self.classes == 0, "binary": self.classes == 2, "multiclass": self.classes > 1}
        if not fits[self.task]:
            raise ValueError(f"a {self.task} task cannot have {self.classes} classes")


class Learner(ABC):
    """One way to learn. Stateless: the registry holds one instance of each."""

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    takes_weights: ClassVar[bool] = True
    """Whether a fit counts a row as often as its weight says."""
    family: ClassVar[Family]
    defaults: ClassVar[Mapping[str, ParamSpec]]
    default_space: ClassVar[Mapping[str, tuple[Scalar, ...]]]

    def validate(self, params: Params, task: Task | None = None) -> None:
        """Raise ConfigError naming the parameter, the value found and what is allowed.

        With a task, a parameter that only other tasks have is refused too.
        """
        validate_parameters(self.name, self.defaults, params, task)

    def validate_space(
        self, space: Mapping[str, tuple[Scalar, ...] | Range], task: Task | None = None
    ) -> None:
        """Raise ConfigError for the first value of a search space that `validate` would refuse.

        Of a range these are its ends. A parameter that is no number has no range.
        """
        for name, values in space.items():
            for value in (values.low, values.high) if isinstance(values, Range) else values:
                self.validate({name: value}, task)

    def complete(self, params: Params, task: Task | None = None) -> dict[str, Any]:
        """Every parameter (of the task) with its value: the given ones over the defaults.

        Raises ConfigError.
        """
        self.validate(params, task)
        return {
            name: spec.coerce(params.get(name, spec.default))
            for name, spec in self.defaults.items()
            if spec.is_for(task)
        }

    def stops_early(self, params: Params) -> bool:  # noqa: ARG002 - for the learners that do
        """Whether a fit with these parameters reads validation rows to decide when to stop."""
        return False

    def refit_params(self, params: Params, rounds: int | None) -> Params:  # noqa: ARG002 - likewise
        """The parameters of the last fit; `rounds` is what the folds stopped at, None where none did."""
        return params

    @abstractmethod
    def estimator(self, params: Params, columns: Columns, context: FitContext) -> Estimator[Any]:
        """An unfitted stage that adds the column `prediction`, a double: with classes, the class index.

        With classes it adds `probability` too, by class index: a vector, or an array of doubles (boosting).
        Raises ConfigError.
        """

    @abstractmethod
    def complexity(self, params: Params) -> float:
        """Grows with what the model can express; between equal scores the smaller one wins."""


def vector_columns(columns: Columns) -> dict[str, Any]:
    """The column parameters that all of Spark's own regressors share.

    They would train on validation rows without a word, so a validation column is refused.
    """
    if not isinstance(columns.features, str) or columns.validation is not None:
        raise TypeError("this learner takes one vector column, and no validation column")
    shared = {"featuresCol": columns.features, "labelCol": columns.label, "predictionCol": "prediction"}
    return shared if columns.weight is None else {**shared, "weightCol": columns.weight}
