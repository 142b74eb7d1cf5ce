"""The `train`, `promote` and `score` sections."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from pipeline.config.base import ByteSize, Duration, Names, Scalar, Section
from pipeline.config.search import Search, Values
from pipeline.config.task import Metric, Task

DEFAULT_LEARNERS: Mapping[Task, tuple[str, ...]] = MappingProxyType(
    {
        "regression": ("linear_regression", "xgboost"),
        "binary": ("logistic_regression", "xgboost"),
        "multiclass": ("logistic_regression", "xgboost"),
    }
)
"""What is compared where `train.learners` does not say."""

AUTO_LEARNERS: Mapping[Task, tuple[str, ...]] = MappingProxyType(
    {
        "regression": ("xgboost", "linear_regression", "random_forest"),
        "binary": ("xgboost", "logistic_regression", "random_forest"),
        "multiclass": ("xgboost", "logistic_regression", "random_forest"),
    }
)
"""What `train.learners: auto` compares: one learner of each kind, the likeliest first. The others are seldom
better (one tree, naive Bayes), slower at the same (Spark's own boosting), or want care (a neural network)."""


class LearnerChoice(Section):
    """One learner: what is fixed, and what is searched."""

    params: dict[str, Scalar] = Field(default_factory=dict)
    """Parameters with one value, by the learner's own names."""
    space: dict[str, Values] = Field(default_factory=dict)
    """Parameters to search: name → a list, or a range as in `{low: 0.01, high: 0.3, log: true}`."""


Learners = Annotated[
    Annotated[Literal["auto"], Tag("auto")]
    | Annotated[dict[str, LearnerChoice], Field(min_length=1), Tag("map")],
    Discriminator(lambda value: "map" if isinstance(value, Mapping) else "auto"),
]


class Train(Section):
    """Tuning, refit and evaluation."""

    metric: Metric | None = None
    """What is optimised. Every metric of the task is reported, each in its natural sign. Default: rmse for
    regression, auc_roc for binary, log_loss for multiclass."""
    label_transform: Literal["none", "log1p"] = "none"
    """Regression: `log1p` fits on log(1 + label); predictions and metrics are in the label's own unit."""
    imbalance: Literal["none", "balanced"] = "none"
    """Classes: `balanced` gives every class the same total weight in a fit, however rare it is. Probabilities
    are then those of balanced classes."""
    folds: Annotated[int, Field(ge=0, le=100)] = 3
    """Cross-validation folds of the training rows. 0: tune on the validation rows instead."""
    search: Search = Field(default_factory=Search)
    """How candidates are chosen, and when the search ends."""
    choose: Literal["best", "one_standard_error"] = "best"
    """Which candidate wins. `best`: the best mean over the folds. `one_standard_error`: the simplest
    one whose mean is within one standard error of the best."""
    placement: Literal["auto", "local", "distributed"] = "auto"
    """Where xgboost, and the trials of linear and logistic regressions, train. `local`: inside one Spark
    task. `distributed`: on all workers. `auto`: local where its rows fit into `local_memory`."""
    local_memory: Annotated[ByteSize, Field(gt=0)] = 2 * 2**30
    """How much memory a model trained in one Spark task may need; above it, all workers train it."""
    every: Duration | None = None
    """Retraining is due when the last training is older than this. Default: never by age."""
    learners: Learners | None = None
    """The learners to compare, by name. A learner without `space` searches its default one. `auto`: xgboost,
    a linear one and random_forest, each with its default space. Default: a linear one and xgboost."""

    @model_validator(mode="after")
    def _folds_or_one(self) -> Train:
        if self.folds == 1:
            raise ValueError("train.folds is 1. Write 0 (tune on the validation rows), or 2 to 100.")
        return self


class Threshold(Section):
    """The values of a test metric that allow promotion."""

    min: float | None = None
    """The smallest value allowed."""
    max: float | None = None
    """The largest value allowed."""


class Promote(Section):
    """When a challenger becomes champion."""

    thresholds: dict[Metric, Threshold] | None = None
    """Test metric → bounds. Default: better than the baseline, which predicts the training rows' median, or
    their most frequent class."""
    min_improvement: Annotated[float, Field(ge=0)] = 0.0
    """How much better than the champion, in units of `train.metric`, on the same test rows."""


class Score(Section):
    """What is predicted, and what is carried beside it."""

    rows: Literal["new", "unlabelled", "all"] = "new"
    """`new`: rows that this model version has not scored and was not trained on. `unlabelled`: those of them
    without a label. `all`: every row of the features table."""
    columns: Names = ()
    """Columns carried beside the key and the prediction."""
