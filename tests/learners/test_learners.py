"""The registry, and what every learner promises without a JVM."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pipeline.config.task import Task
from pipeline.errors import ConfigError
from pipeline.learners import LEARNERS, Columns, FitContext, Learner, get_learner, learners_for, validate_task

ROOT = Path(__file__).parents[2]
CONTEXT = FitContext(seed=7, placement="auto", local_memory_bytes=2**31, rows=None)
every_learner = pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS.keys())


def test_the_registry() -> None:
    assert {name: (learner.family, learner.tasks) for name, learner in LEARNERS.items()} == {
        "linear_regression": ("linear", ("regression",)),
        "logistic_regression": ("linear", ("binary", "multiclass")),
        "linear_svc": ("linear", ("binary",)),
        "naive_bayes": ("linear", ("binary", "multiclass")),
        "decision_tree": ("tree", ("regression", "binary", "multiclass")),
        "random_forest": ("tree", ("regression", "binary", "multiclass")),
        "gbt": ("tree", ("regression", "binary")),
        "xgboost": ("boosting", ("regression", "binary", "multiclass")),
        "multilayer_perceptron": ("linear", ("binary", "multiclass")),
    }
    assert all(get_learner(name).name == name for name in LEARNERS)
    assert [name for name, learner in LEARNERS.items() if not learner.takes_weights] == [
        "multilayer_perceptron"
    ]


KNOWN = (
    "Known: decision_tree, gbt, linear_regression, linear_svc, logistic_regression, multilayer_perceptron,"
    " naive_bayes, random_forest, xgboost."
)


def test_an_unknown_learner_is_refused_with_the_nearest_name_and_the_list() -> None:
    with pytest.raises(
        ConfigError, match=re.escape(f"Unknown learner 'xgbost'. Did you mean 'xgboost'? {KNOWN}")
    ):
        get_learner("xgbost")
    with pytest.raises(ConfigError, match=re.escape(f"Unknown learner 'svm'. {KNOWN}")):
        validate_task("svm", "binary")


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("regression", "linear_regression, decision_tree, random_forest, gbt, xgboost"),
        (
            "binary",
            (
                "logistic_regression, linear_svc, naive_bayes, decision_tree, random_forest, gbt, xgboost,"
                " multilayer_perceptron"
            ),
        ),
        (
            "multiclass",
            "logistic_regression, naive_bayes, decision_tree, random_forest, xgboost, multilayer_perceptron",
        ),
    ],
)
def test_the_learners_of_a_task(task: Task, names: str) -> None:
    assert ", ".join(learners_for(task)) == names
    for name in learners_for(task):
        validate_task(name, task)


@pytest.mark.parametrize(
    ("name", "task", "sentence"),
    [
        (
            "gbt",
            "multiclass",
            (
                "Learner 'gbt' does not do multiclass, only regression and binary. Learners for multiclass:"
                " logistic_regression, naive_bayes, decision_tree, random_forest, xgboost,"
                " multilayer_perceptron."
            ),
        ),
        (
            "logistic_regression",
            "regression",
            (
                "Learner 'logistic_regression' does not do regression, only binary and multiclass."
                " Learners for regression: linear_regression, decision_tree, random_forest, gbt, xgboost."
            ),
        ),
        ("linear_svc", "multiclass", "Learner 'linear_svc' does not do multiclass, only binary. Learners"),
    ],
)
def test_a_learner_is_refused_for_a_task_it_does_not_do(name: str, task: Task, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        validate_task(name, task)


@pytest.mark.parametrize(
    ("name", "params", "task", "sentence"),
    [
        (
            "gbt",
            {"lossType": "squared"},
            "binary",
            "Learner 'gbt' has no parameter 'lossType' for a binary task. Known here: featureSubset",
        ),
        ("xgboost", {"objective": "reg:squarederror"}, "multiclass", "'objective' for a multiclass task."),
        ("decision_tree", {"impurity": "gini"}, "regression", "no parameter 'impurity' for a regression"),
        (
            "random_forest",
            {"impurity": "variance"},
            "binary",
            "parameter 'impurity' is 'variance'; allowed: one of gini, entropy.",
        ),
        (
            "naive_bayes",
            {"modelType": "multinomial"},
            "binary",
            "Learner 'naive_bayes': parameter 'modelType' is 'multinomial'; allowed: one of gaussian.",
        ),
        ("naive_bayes", {"smoothing": 0}, None, "'smoothing' is 0; allowed: a number from 1e-09."),
        ("logistic_regression", {"elasticNetParam": 2}, None, "is 2; allowed: a number from 0 to 1."),
        (
            "linear_svc",
            {"elasticNetParam": 0.5},
            None,
            (
                "Learner 'linear_svc' has no parameter 'elasticNetParam'. Known here: fitIntercept, maxIter,"
                " regParam, standardization, tol."
            ),
        ),
        (
            "multilayer_perceptron",
            {"hidden_units": 0},
            None,
            "'hidden_units' is 0; allowed: a whole number from 1 to 10000.",
        ),
        ("multilayer_perceptron", {"layers": 3}, None, "Did you mean 'hidden_layers'?"),
    ],
)
def test_a_wrong_parameter_is_refused(
    name: str, params: dict[str, Any], task: Task | None, sentence: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        get_learner(name).validate(params, task)


@every_learner
def test_defaults_are_allowed_and_documented(learner: Learner) -> None:
    learner.validate({name: spec.default for name, spec in learner.defaults.items()})
    assert all(spec.name == name and spec.doc.endswith(".") for name, spec in learner.defaults.items())


@every_learner
def test_the_default_space_is_allowed_and_worth_searching(learner: Learner) -> None:
    for task in learner.tasks:
        learner.validate_space(learner.default_space, task)
    assert all(len(set(values)) > 1 for values in learner.default_space.values())
    candidates = [
        dict(zip(learner.default_space, values, strict=True))
        for values in product(*learner.default_space.values())
    ]
    assert len(candidates) <= (6 if learner.name == "linear_regression" else 4)
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
        ("logistic_regression", {"regParam": 0.1}, {"regParam": 0.01}),
        ("logistic_regression", {"elasticNetParam": 0.5}, {"elasticNetParam": 0.0}),
        ("linear_svc", {"regParam": 0.1}, {"regParam": 0.01}),
        ("naive_bayes", {"smoothing": 0.1}, {"smoothing": 0.01}),
        ("multilayer_perceptron", {"hidden_units": 8}, {"hidden_units": 9}),
        ("multilayer_perceptron", {"hidden_layers": 1}, {"hidden_layers": 2}),
        ("multilayer_perceptron", {"hidden_layers": 0}, {"hidden_layers": 1}),
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


@pytest.mark.parametrize("name", sorted(set(LEARNERS) - {"xgboost"}))
@pytest.mark.parametrize(
    "columns",
    [
        Columns(("a", "b"), "y", None, None, 2, width=2),
        Columns("features", "y", None, "held_out", 2, width=2),
    ],
    ids=["float columns", "validation rows"],
)
def test_sparks_own_learners_refuse_what_they_would_misread(name: str, columns: Columns) -> None:
    with pytest.raises(TypeError, match="one vector column, and no validation column"):
        get_learner(name).estimator({}, columns, replace(CONTEXT, task="binary", classes=2))


@pytest.mark.parametrize(("task", "classes"), [("regression", 2), ("binary", 3), ("multiclass", 0)])
def test_a_context_that_contradicts_itself_is_refused(task: Task, classes: int) -> None:
    with pytest.raises(ValueError, match=f"a {task} task cannot have {classes} classes"):
        replace(CONTEXT, task=task, classes=classes)


def test_a_network_refuses_weights_and_must_know_its_ends() -> None:
    learner = get_learner("multilayer_perceptron")
    context = replace(CONTEXT, task="binary", classes=2)
    sentence = "Learner 'multilayer_perceptron' cannot weigh rows. Leave it out, or train without weights."
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        learner.estimator({}, Columns("features", "y", "w", None, 2, width=3), context)
    for columns, where in (
        (Columns("features", "y", None, None, 2), context),
        (Columns("features", "y", None, None, 2, width=3), CONTEXT),
    ):
        with pytest.raises(TypeError, match="the feature vector's width and the number of classes"):
            learner.estimator({}, columns, where)


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
