"""What each learner searches where nobody says and the strategy draws from ranges."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.config.search import Range
from pipeline.learners.parameters import Scalar

DEFAULT_RANGES: Mapping[str, Mapping[str, tuple[Scalar, ...] | Range]] = MappingProxyType(
    {
        "linear_regression": {
            "regParam": Range(low=1e-4, high=10.0, log=True),
            "elasticNetParam": (0.0, 0.5),
        },
        "logistic_regression": {"regParam": Range(low=1e-5, high=1.0, log=True)},
        "linear_svc": {"regParam": Range(low=1e-5, high=1.0, log=True)},
        "naive_bayes": {"smoothing": Range(low=1e-9, high=1.0, log=True)},
        "decision_tree": {
            "maxDepth": Range(low=2, high=12),
            "minInstancesPerNode": Range(low=1, high=50, log=True),
        },
        "random_forest": {
            "maxDepth": Range(low=4, high=12),
            "minInstancesPerNode": Range(low=1, high=20, log=True),
            "featureSubsetStrategy": ("sqrt", "onethird"),
        },
        "gbt": {"maxDepth": Range(low=2, high=6), "stepSize": Range(low=0.03, high=0.3, log=True)},
        "xgboost": {
            "n_estimators": Range(low=50, high=600, log=True),
            "learning_rate": Range(low=0.02, high=0.3, log=True),
            "max_depth": Range(low=2, high=9),
            "min_child_weight": Range(low=1.0, high=20.0, log=True),
            "subsample": Range(low=0.5, high=1.0),
            "colsample_bytree": Range(low=0.3, high=1.0),
            "reg_lambda": Range(low=0.1, high=10.0, log=True),
        },
        "multilayer_perceptron": {
            "hidden_units": Range(low=8, high=128, log=True),
            "hidden_layers": (1, 2),
        },
    }
)
