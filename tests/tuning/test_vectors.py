from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.evaluation import BinaryClassificationEvaluator
from pyspark.ml.feature import OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.progress import SILENT
from pipeline.tuning.candidates import grid
from pipeline.tuning.rows import FOLD, LABEL, SPLIT
from pipeline.tuning.search import Search
from pipeline.tuning.target import Target
from pipeline.tuning.trials import Standing
from tests.tuning.levels import ROLES, classes, config, levels, numbers
from tests.tuning.waves import OneWave

pytestmark = pytest.mark.spark

REG_PARAMS = [0.05]


LEARNERS = {"logistic_regression": {"space": {"regParam": REG_PARAMS}}}


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> Iterator[DataFrame]:
    frame = levels(spark)
    yield frame.persist()
    frame.unpersist()


def standings(
    spark: SparkSession, rows: DataFrame, target: Target, configuration: Config
) -> tuple[Standing, ...]:
    with SILENT.task("search") as task:
        return Search(spark, rows, target, ROLES, configuration).run(OneWave(grid(configuration)), task)


def by_hand(rows: DataFrame) -> list[float]:
    regression = LogisticRegression(featuresCol="features", labelCol=LABEL, maxIter=300, tol=1e-12)
    stages = [
        VectorAssembler(inputCols=["size", "age"], outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        StringIndexer(inputCol="town", outputCol="code", handleInvalid="keep"),
        OneHotEncoder(inputCol="code", outputCol="onehot"),
        VectorAssembler(inputCols=["scaled", "onehot"], outputCol="features"),
        regression,
    ]
    validator = CrossValidator(
        estimator=Pipeline(stages=stages),
        estimatorParamMaps=ParamGridBuilder().addGrid(regression.regParam, REG_PARAMS).build(),
        evaluator=BinaryClassificationEvaluator(labelCol=LABEL),
        numFolds=3,
        foldCol=FOLD,
    )
    found: list[float] = validator.fit(rows.where(F.col(SPLIT) == "train")).avgMetrics
    gc.collect()
    return found


# CrossValidator leaves its thread pool to the garbage collector, which complains (pyspark 4.2.0).
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_logistic_regression_in_a_task_equals_a_cross_validator_written_by_hand(
    spark: SparkSession, table: DataFrame, lake_root: str
) -> None:
    configuration = config("binary", LEARNERS, lake_root)
    target, rows = classes(table, ("0", "1"), configuration)
    rows.persist()
    found = standings(spark, rows, target, configuration)
    assert [item.failed for item in found] == [None]
    assert {trial.placement for item in found for trial in item.trials} == {"local"}
    assert {trial.note for item in found for trial in item.trials} == {None}
    assert all(set(trial.training_metrics) == set(trial.metrics) for item in found for trial in item.trials)
    assert [item.mean for item in found] == pytest.approx(by_hand(rows), rel=1e-6)
    rows.unpersist()


def test_three_classes_in_a_task_are_measured_as_on_all_workers(
    spark: SparkSession, table: DataFrame, lake_root: str
) -> None:
    learners = {"logistic_regression": {"params": {"tol": 1e-12, "maxIter": 300, "regParam": 0.05}}}
    found = {}
    for placement in ("local", "distributed"):
        configuration = config("multiclass", learners, lake_root, folds=0, placement=placement)
        target, rows = classes(table, ("0", "1", "2"), configuration)
        rows.persist()
        (standing,) = standings(spark, rows, target, configuration)
        assert {trial.placement for trial in standing.trials} == {placement}
        found[placement] = standing.metrics
        rows.unpersist()
    assert found["local"] == pytest.approx(found["distributed"], rel=1e-6)


def test_ridge_regressions_are_the_same_in_a_task_and_on_all_workers(
    spark: SparkSession, table: DataFrame, lake_root: str
) -> None:
    learners = {"linear_regression": {"space": {"regParam": [0.0, 0.1, 10.0]}}}
    found = {}
    for placement in ("local", "distributed"):
        configuration = config("regression", learners, lake_root, folds=0, placement=placement)
        target, rows = numbers(table, configuration)
        found[placement] = standings(spark, rows, target, configuration)
    for local, distributed in zip(found["local"], found["distributed"], strict=True):
        assert local.failed is None
        assert local.metrics == pytest.approx(distributed.metrics, rel=1e-6)
    # One column per town adds up to the intercept's: singular, so Spark's own fit has the last word.
    places = [standing.trials[0].placement for standing in found["local"]]
    assert places == ["distributed", "local", "local"]
    assert (found["local"][0].trials[0].note or "").endswith("done by all workers")
    trial = found["distributed"][1].trials[0]
    assert trial.training_metrics == pytest.approx(found["local"][1].trials[0].training_metrics)
