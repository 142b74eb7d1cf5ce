"""What Spark's three tree learners have in common."""

from __future__ import annotations

from typing import Any

from pipeline.learners.base import Columns, FitContext, vector_columns
from pipeline.learners.parameters import ParamSpec

MIN_BINS = 32
"""Spark's own default."""

FEATURE_SUBSETS = ("auto", "all", "onethird", "sqrt", "log2")

MAX_BINS = ParamSpec(
    "maxBins",
    int,
    MIN_BINS,
    "Bins per feature, raised to the most categories of a column.",
    minimum=2,
    maximum=100_000,
)
MIN_INSTANCES = ParamSpec("minInstancesPerNode", int, 1, "Fewest rows in a leaf.", minimum=1)
MIN_GAIN = ParamSpec("minInfoGain", float, 0.0, "Least gain that is worth a split.", minimum=0)
SUBSAMPLING = ParamSpec(
    "subsamplingRate", float, 1.0, "Share of the rows each tree sees.", above=0, maximum=1
)

IMPURITY = ParamSpec(
    "impurity",
    str,
    "gini",
    "What a split reduces.",
    choices=("gini", "entropy"),
    tasks=("binary", "multiclass"),
)


def max_depth(default: int) -> ParamSpec:
    """Spark refuses trees deeper than 30."""
    return ParamSpec("maxDepth", int, default, "Deepest level of a tree.", minimum=0, maximum=30)


def feature_subset(default: str) -> ParamSpec:
    """How many features each split looks at."""
    return ParamSpec(
        "featureSubsetStrategy", str, default, "Features each split looks at.", choices=FEATURE_SUBSETS
    )


def tree_arguments(values: dict[str, Any], columns: Columns, context: FitContext) -> dict[str, Any]:
    """The constructor's arguments. A category without a bin of its own makes Spark refuse the fit."""
    bins = max(int(values["maxBins"]), columns.max_categories)
    return {**vector_columns(columns), **values, "maxBins": bins, "seed": context.seed}
