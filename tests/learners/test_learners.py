"""The registry, and what every learner promises without a JVM."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.learners import LEARNERS, Columns, FitContext, Learner, get_learner

ROOT = Path(__file__).parents[2]
CONTEXT = FitContext(seed=7, placement="auto", local_memory_bytes=2**31, rows=None)
every_learner = pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS.keys())


def test_the_registry_names_five_learners() -> None:
    assert {name: learner.family for name, learner in LEARNERS.items()} == {
        "linear_regression": "linear",
        "decision_tree": "tree",
        "random_forest": "tree",
        "gbt": "tree",
        "xgboost": "boosting",
    }
    assert all(get_learner(name).name == name for name in LEARNERS)


def test_an_unknown_learner_is_refused_with_the_nearest_name_and_the_list() -> None:
    known = "Known: decision_tree, gbt, linear_regression, random_forest, xgboost."
    with pytest.raises(
        ConfigError, match=re.escape(f"Unknown learner 'xgbost'. Did you mean 'xgboost'? {known}")
    ):
        get_learner("xgbost")
    with pytest.raises(ConfigError, match=re.escape(f"Unknown learner 'svm'. {known}")):
        get_learner("svm")


@every_learner
def test_defaults_are_allowed_and_documented(learner: Learner) -> None:
    learner.validate({name: spec.default for name, spec in learner.defaults.items()})
    assert all(spec.name == name and spec.doc.endswith(".") for name, spec in learner.defaults.items())
    assert learner.tasks == ("regression",)


@every_learner
def test_the_default_space_is_allowed_and_worth_searching(learner: Learner) -> None:
    learner.validate_space(learner.default_space)
    assert all(len(set(values)) > 1 for values in learner.default_space.values())
    candidates = [
        dict(zip(learner.default_space, values, strict=True))
        for values in product(*learner.default_space.values())
    ]
    assert all(math.isfinite(learner.complexity(params)) for params in candidates)


def test_a_space_is_refused_for_one_bad_value() -> None:
    with pytest.raises(
        ConfigError, match=re.escape("'max_depth' is 0; allowed: a whole number from 1 to 30.")
    ):
        get_learner("xgboost").validate_space({"max_depth": (3, 0)})


@pytest.mark.parametrize(
    ("name", "simpler", "richer"),
    [
        ("linear_regression", {"regParam": 0.1}, {"regParam": 0.01}),
        ("linear_regression", {"elasticNetParam": 0.5}, {"elasticNetParam": 0.0}),
        ("decision_tree", {"maxDepth": 3}, {"maxDepth": 4}),
        ("random_forest", {"numTrees": 10}, {"numTrees": 20}),
        ("gbt", {"maxDepth": 3}, {"maxIter": 21}),
        ("xgboost", {"max_depth": 3}, {"n_estimators": 201}),
        ("xgboost", {"max_leaves": 4}, {"max_leaves": 5}),
    ],
)
def test_of_two_candidates_one_is_simpler(
    name: str, simpler: dict[str, float], richer: dict[str, float]
) -> None:
    learner = get_learner(name)
    assert learner.complexity(simpler) < learner.complexity(richer)


def test_only_xgboost_with_its_parameter_stops_early() -> None:
    stopping = [name for name, learner in LEARNERS.items() if learner.stops_early({})]
    assert stopping == []
    assert get_learner("xgboost").stops_early({"early_stopping_rounds": 5})


def test_a_refit_takes_the_rounds_the_folds_stopped_at() -> None:
    given = {"max_depth": 3, "n_estimators": 400, "early_stopping_rounds": 30}
    learner = get_learner("xgboost")
    refit = learner.refit_params(given, 57)
    assert refit == {"max_depth": 3, "n_estimators": 57, "early_stopping_rounds": None}
    assert not learner.stops_early(refit)
    assert given["n_estimators"] == 400
    assert learner.refit_params({"max_depth": 3}, None) == {"max_depth": 3}
    assert get_learner("gbt").refit_params({"maxDepth": 3}, None) == {"maxDepth": 3}


@pytest.mark.parametrize("name", ["linear_regression", "decision_tree", "random_forest", "gbt"])
@pytest.mark.parametrize(
    "columns",
    [Columns(("a", "b"), "y", None, None, 2), Columns("features", "y", None, "held_out", 2)],
    ids=["float columns", "validation rows"],
)
def test_sparks_own_learners_refuse_what_they_would_misread(name: str, columns: Columns) -> None:
    with pytest.raises(TypeError, match="one vector column, and no validation column"):
        get_learner(name).estimator({}, columns, CONTEXT)


def test_xgboost_refuses_a_vector_column() -> None:
    with pytest.raises(TypeError, match="float columns, not a vector"):
        get_learner("xgboost").estimator({}, Columns("features", "y", None, None, 2), CONTEXT)


def test_checking_parameters_loads_neither_spark_nor_xgboost() -> None:
    script = (
        "import json, sys\n"
        "from pipeline.learners import LEARNERS\n"
        "for learner in LEARNERS.values():\n"
        "    learner.validate_space(learner.default_space)\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(json.loads(done.stdout))
    assert "pipeline" in loaded
    assert not loaded & {"pyspark", "xgboost", "numpy", "pandas", "pyarrow"}
