from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import Estimator, Model
from pyspark.ml.classification import LogisticRegressionModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.preprocessing.prefix import Prefix, fit_prefix
from pipeline.preprocessing.statistics import measure
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import fit_context, learner_columns
from pipeline.tuning.rows import ORDER
from pipeline.tuning.runners import vector_job
from pipeline.tuning.runners.whole_fit import fit_whole
from pipeline.tuning.target import Target
from tests.tuning.levels import ROLES, classes, config, levels, numbers

pytestmark = pytest.mark.spark

TIGHT: dict[str, Any] = {"regParam": 0.05, "tol": 1e-12, "maxIter": 400}


def whole(
    rows: DataFrame, target: Target, configuration: Config, params: dict[str, Any]
) -> tuple[Model | None, Estimator[Any], Prefix]:
    """The winner of a search over one candidate, the estimator that it stands in for, and their prefix."""
    (name,) = configuration.learners
    # However rows lie: sums of few numbers, and so what they are scaled by, differ in their last digits.
    statistics = measure(rows.coalesce(1).sort(ORDER), ROLES)
    prefix = fit_prefix("linear", ROLES, configuration.features, statistics, rows)
    context, columns = fit_context(configuration, target), learner_columns(prefix, target, None)
    estimator = get_learner(name).estimator(params, columns, context)
    model = fit_whole(estimator, Candidate(1, name, params), prefix, rows, target, context)
    return model, estimator, prefix


@pytest.mark.parametrize("names", [("0", "1"), ("0", "1", "2")])
def test_a_logistic_winner_is_the_one_that_sparks_own_fit_heads_for(
    spark: SparkSession, lake_root: str, tmp_path: Path, names: tuple[str, ...]
) -> None:
    task = "binary" if len(names) == 2 else "multiclass"
    configuration = config(task, {"logistic_regression": {}}, lake_root)
    target, rows = classes(levels(spark), names, configuration)
    model, estimator, prefix = whole(rows, target, configuration, TIGHT)
    assert isinstance(model, LogisticRegressionModel)
    prepared = prefix.transform(rows)
    theirs = estimator.fit(prepared)
    assert model.coefficientMatrix.toArray() == pytest.approx(theirs.coefficientMatrix.toArray(), abs=1e-6)
    assert model.interceptVector.toArray() == pytest.approx(theirs.interceptVector.toArray(), abs=1e-6)
    assert (model.uid, model.getRegParam(), model.numClasses) == (theirs.uid, 0.05, len(names))
    model.write().save(str(tmp_path / "model"))
    stored = LogisticRegressionModel.load(str(tmp_path / "model"))
    assert stored.getRegParam() == 0.05
    both = stored.transform(prepared).select(F.col("probability").alias("stored"), ORDER, "prediction")
    both = both.join(theirs.transform(prepared).select(ORDER, "probability"), ORDER)
    found = [(*row["stored"], *row["probability"]) for row in both.head(50)]
    for row in found:
        assert row[: len(names)] == pytest.approx(row[len(names) :], abs=1e-6)


def test_a_linear_winner_has_sparks_coefficients_and_is_the_same_however_rows_lie(
    spark: SparkSession, lake_root: str
) -> None:
    """Labels are learned as logarithms, and rows weigh."""
    configuration = config("regression", {"linear_regression": {}}, lake_root)
    target, rows = numbers(levels(spark), configuration)
    found = []
    for partitions in (1, 5):
        spread = rows.repartition(partitions)
        model, estimator, prefix = whole(spread, target, configuration, {"regParam": 0.3})
        theirs = estimator.fit(prefix.transform(spread))
        numbers_of = [*model.coefficients, model.intercept]
        assert numbers_of == pytest.approx([*theirs.coefficients, theirs.intercept], rel=1e-6, abs=1e-9)
        found.append(numbers_of)
    assert found[0] == found[1]


def test_what_no_single_task_can_do_is_left_to_sparks_own_fit(
    spark: SparkSession, lake_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learners = {"linear_regression": {}}
    configuration = config("regression", learners, lake_root)
    target, rows = numbers(levels(spark), configuration)
    lasso, singular = {"regParam": 0.3, "elasticNetParam": 1.0}, {"regParam": 0.0}
    assert whole(rows, target, configuration, lasso)[0] is None
    assert whole(rows, target, configuration, singular)[0] is None
    spread = config("regression", learners, lake_root, placement="distributed")
    assert whole(rows, target, spread, {"regParam": 0.3})[0] is None

    def lost(*_: object) -> None:
        raise RuntimeError("Job aborted: ExecutorLostFailure (executor 1 exited)")

    monkeypatch.setattr("pipeline.tuning.runners.whole_fit.run_fit", lost)
    assert whole(rows, target, configuration, {"regParam": 0.3})[0] is None


def test_rows_that_there_are_none_of_have_no_model(spark: SparkSession, lake_root: str) -> None:
    configuration = config("regression", {"linear_regression": {}}, lake_root)
    target, rows = numbers(levels(spark), configuration)
    *_, prefix = whole(rows, target, configuration, {"regParam": 0.3})
    parts = vector_job.parts_of(prefix)
    plan = vector_job.make_plan(
        "ridge",
        [Candidate(1, "linear_regression", {})],
        prefix,
        target,
        fit_context(configuration, target),
        0,
    )
    none = vector_job.task_rows(parts.transform(rows.limit(0)), parts, target, F.lit(False))
    assert vector_job.run_fit(plan, none)["left"] is not None
