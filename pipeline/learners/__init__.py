"""Learners by name. Importing this starts neither Spark nor XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.config.hints import did_you_mean
from pipeline.config.task import Task
from pipeline.errors import ConfigError
from pipeline.learners.base import Columns, Family, FitContext, Learner
from pipeline.learners.class_metadata import with_class_metadata
from pipeline.learners.decision_tree import DecisionTree
from pipeline.learners.gbt import Gbt
from pipeline.learners.linear_regression import LinearRegression
from pipeline.learners.linear_svc import LinearSvc
from pipeline.learners.logistic_regression import LogisticRegression
from pipeline.learners.multilayer_perceptron import MultilayerPerceptron
from pipeline.learners.naive_bayes import NaiveBayes
from pipeline.learners.parameters import ParamSpec
from pipeline.learners.random_forest import RandomForest
from pipeline.learners.xgboost import XGBoost

__all__ = [
    "LEARNERS",
    "Columns",
    "Family",
    "FitContext",
    "Learner",
    "ParamSpec",
    "get_learner",
    "learners_for",
    "validate_task",
    "with_class_metadata",
]

LEARNERS: Mapping[str, Learner] = MappingProxyType(
    {
        learner.name: learner
        for learner in (
            LinearRegression(),
            LogisticRegression(),
            LinearSvc(),
            NaiveBayes(),
            DecisionTree(),
            RandomForest(),
            Gbt(),
            XGBoost(),
            MultilayerPerceptron(),
        )
    }
)
"""Every learner by name, in order from the simplest kind to the one with the most freedom."""


def get_learner(name: str) -> Learner:
    """The learner of that name. Raises ConfigError with the nearest name and the list."""
    if name not in LEARNERS:
        raise ConfigError(
            f"Unknown learner '{name}'.{did_you_mean(name, LEARNERS)} Known: {', '.join(sorted(LEARNERS))}."
        )
    return LEARNERS[name]


def learners_for(task: Task) -> tuple[str, ...]:
    """The names of the learners that do a task, in the registry's order."""
    return tuple(name for name, learner in LEARNERS.items() if task in learner.tasks)


def validate_task(name: str, task: Task) -> None:
    """Raise ConfigError when the learner of that name does not do the task; the error lists those that do."""
    learner = get_learner(name)
    if task not in learner.tasks:
        raise ConfigError(
            f"Learner '{name}' does not do {task}, only {' and '.join(learner.tasks)}."
            f" Learners for {task}: {', '.join(learners_for(task))}."
        )
