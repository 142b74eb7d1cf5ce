"""Learners by name. Importing this starts neither Spark nor XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.errors import ConfigError
from pipeline.learners.base import Columns, Family, FitContext, Learner
from pipeline.learners.decision_tree import DecisionTree
from pipeline.learners.gbt import Gbt
from pipeline.learners.linear_regression import LinearRegression
from pipeline.learners.parameters import ParamSpec, did_you_mean
from pipeline.learners.random_forest import RandomForest
from pipeline.learners.xgboost import XGBoost

__all__ = ["LEARNERS", "Columns", "Family", "FitContext", "Learner", "ParamSpec", "get_learner"]

LEARNERS: Mapping[str, Learner] = MappingProxyType(
    {
        learner.name: learner
        for learner in (LinearRegression(), DecisionTree(), RandomForest(), Gbt(), XGBoost())
    }
)


def get_learner(name: str) -> Learner:
    """The learner of that name. Raises ConfigError with the nearest name and the list."""
    if name not in LEARNERS:
        raise ConfigError(
            f"Unknown learner '{name}'.{did_you_mean(name, LEARNERS)} Known: {', '.join(sorted(LEARNERS))}."
        )
    return LEARNERS[name]
