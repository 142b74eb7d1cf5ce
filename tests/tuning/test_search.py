from __future__ import annotations

import gc
import math
from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.ml import Pipeline
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.ml.feature import OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.learners import get_learner
from pipeline.preprocessing.roles import Role, Roles
from pipeline.progress import SILENT, SilentTask
from pipeline.tuning import fold_statistics
from pipeline.tuning import prepared as prepared_module
from pipeline.tuning.candidates import grid
from pipeline.tuning.fold_statistics import FoldStatistics
from pipeline.tuning.journal import NoJournal
from pipeline.tuning.judges import folds_of
from pipeline.tuning.number_target import NumberTarget
from pipeline.tuning.rows import FOLD, LABEL, SPLIT, RowCounts, with_splits
from pipeline.tuning.search import Search
from pipeline.tuning.trials import Standing, ranked
from tests.tuning.waves import OneWave

TARGET = NumberTarget(RowCounts(0, {"train": 420, "validation": 90, "test": 90}, (140, 140, 140)), 50.0)
ROLES = Roles((Role("size", "numeric", ""), Role("age", "numeric", ""), Role("town", "categorical", "")))


def config(learners: dict[str, Any], **train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            "train": {"learners": learners, **train},
        }
    )


LINEAR = {"linear_regression": {"space": {"regParam": [0.01, 0.1, 1.0], "elasticNetParam": [0.0, 0.5]}}}


@pytest.fixture(scope="module")
def table(spark: SparkSession) -> DataFrame:
    return spark.range(600).selectExpr(
        "id",
        "CAST(id % 37 AS DOUBLE) AS size",
        "CAST((id * 7919) % 101 AS DOUBLE) AS age",
        "element_at(array('north', 'south', 'east', 'west'), CAST(id % 4 AS INT) + 1) AS town",
        "3 * (id % 37) - 0.5 * ((id * 7919) % 101) + 10 * (id % 4) + (id * 104729) % 13 AS y",
    )


@pytest.fixture(scope="module")
def rows(table: DataFrame) -> Iterator[DataFrame]:
    frame = (
        TARGET.encode(with_splits(table, config(LINEAR), ROLES.inputs))
        .where(F.col(SPLIT) != "test")
        .repartition(3)
        .persist()
    )
    frame.count()  # cached from the start: tests count what is cached
    yield frame
    frame.unpersist()


class Finished(NoJournal):
    """Keeps the standings in the order they were finished."""

    def __init__(self, seen: list[Standing]) -> None:
        self.finish = seen.append  # type: ignore[method-assign]


def run(spark: SparkSession, rows: DataFrame, configuration: Config) -> tuple[tuple[Standing, ...], Search]:
    search = Search(spark, rows, TARGET, ROLES, configuration)
    with SILENT.task("search") as task:
        return search.run(OneWave(grid(configuration)), task), search


@pytest.mark.spark
# CrossValidator leaves its thread pool to the garbage collector, which complains (pyspark 4.2.0).
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_linear_regression_equals_a_cross_validator_written_by_hand(
    spark: SparkSession, rows: DataFrame
) -> None:
    standings, _ = run(spark, rows, config(LINEAR))
    regression = LinearRegression(featuresCol="features", labelCol=LABEL, maxIter=200, tol=1e-8)
    by_hand = Pipeline(
        stages=[
            VectorAssembler(inputCols=["size", "age"], outputCol="numbers"),
            StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
            StringIndexer(inputCol="town", outputCol="code", handleInvalid="keep"),
            OneHotEncoder(inputCol="code", outputCol="onehot"),
            VectorAssembler(inputCols=["scaled", "onehot"], outputCol="features"),
            regression,
        ]
    )
    parameters = (
        ParamGridBuilder()
        .addGrid(regression.regParam, [0.01, 0.1, 1.0])
        .addGrid(regression.elasticNetParam, [0.0, 0.5])
        .build()
    )
    validator = CrossValidator(
        estimator=by_hand,
        estimatorParamMaps=parameters,
        evaluator=RegressionEvaluator(labelCol=LABEL, metricName="rmse"),
        numFolds=3,
        foldCol=FOLD,
    )
    expected = {
        (entry[regression.regParam], entry[regression.elasticNetParam]): metric
        for entry, metric in zip(
            parameters, validator.fit(rows.where(F.col(SPLIT) == "train")).avgMetrics, strict=True
        )
    }
    found = {
        (item.candidate.params["regParam"], item.candidate.params["elasticNetParam"]): item.mean
        for item in standings
    }
    gc.collect()
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.spark
def test_prefixes_are_fitted_once_a_fold_and_family_and_released(
    spark: SparkSession, rows: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []
    real = fold_statistics.measure_each
    monkeypatch.setattr(fold_statistics, "measure_each", lambda *given: measured.append(1) or real(*given))
    before = spark.sparkContext._jsc.getPersistentRDDs().size()
    learners = {**LINEAR, "decision_tree": {"space": {"maxDepth": [2, 3]}}}
    standings, search = run(spark, rows, config(learners))
    assert len(standings) == 8
    assert search.prefix_fits == 3 * 2
    assert search.statistics().rows == rows.count()
    assert len(measured) == 1
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == before


@pytest.mark.spark
def test_held_out_rows_shape_nothing_that_is_fitted(
    spark: SparkSession, table: DataFrame, rows: DataFrame
) -> None:
    """Rows of fold 0 get absurd values: what is fitted without fold 0 stays, what is fitted with it moves."""
    fold = folds_of(config(LINEAR))[0]
    spoiled = rows.select(
        *[
            F.when(F.expr(fold.judging), F.lit("elsewhere" if name == "town" else 1e6))
            .otherwise(F.col(name))
            .alias(name)
            for name in ROLES.inputs
        ],
        *[name for name in rows.columns if name not in ROLES.inputs],
    )
    other = folds_of(config(LINEAR))[1]
    as_they_are = FoldStatistics(rows, ROLES, config(LINEAR))
    with_absurd = FoldStatistics(spoiled, ROLES, config(LINEAR))
    assert as_they_are.of(fold) == with_absurd.of(fold)
    assert as_they_are.of(other) != with_absurd.of(other)


@pytest.mark.spark
def test_a_candidate_that_throws_is_recorded_and_the_search_goes_on(
    spark: SparkSession, rows: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = get_learner("decision_tree")
    real = type(learner).estimator

    def estimator(self: Any, params: Any, columns: Any, context: Any) -> Any:
        if params["maxDepth"] == 3:
            raise MemoryError("no room for three levels\nand a second line")
        return real(self, params, columns, context)

    monkeypatch.setattr(type(learner), "estimator", estimator)
    seen: list[Standing] = []
    configuration = config({"decision_tree": {"space": {"maxDepth": [2, 3, 4]}}})
    search = Search(spark, rows, TARGET, ROLES, configuration, Finished(seen))
    with SILENT.task("search") as task:
        standings = search.run(OneWave(grid(configuration)), task)
    failed = standings[1]
    assert failed.failed == "fold 1: MemoryError: no room for three levels"
    assert len(failed.trials) == 3
    assert ranked(standings)[0].candidate.number != 2
    assert sorted(item.candidate.number for item in seen) == [1, 2, 3]


@pytest.mark.spark
def test_a_prefix_that_cannot_be_fitted_fails_its_trials_only(
    spark: SparkSession, rows: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = prepared_module.fit_prefix

    def fit_prefix(family: Any, *rest: Any) -> Any:
        if family == "tree":
            raise ValueError("no trees today")
        return real(family, *rest)

    monkeypatch.setattr(prepared_module, "fit_prefix", fit_prefix)
    standings, _ = run(
        spark, rows, config({"decision_tree": {"space": {"maxDepth": 2}}, "linear_regression": {}})
    )
    assert standings[0].failed == "fold 1: ValueError: no trees today"
    assert all(item.failed is None for item in standings[1:])


@pytest.mark.spark
def test_early_stopping_finds_rounds_and_never_reads_the_judges(spark: SparkSession, rows: DataFrame) -> None:
    learners = {
        "xgboost": {
            "params": {"n_estimators": 200, "early_stopping_rounds": 5, "learning_rate": 0.3},
            "space": {"max_depth": [2, 3]},
        }
    }
    standings, _ = run(spark, rows, config(learners))
    for item in standings:
        assert item.failed is None
        assert item.rounds is not None
        assert 1 <= item.rounds <= 200
    for folds in (0, 3):
        for fold in folds_of(config(learners, folds=folds)):
            both = rows.where(F.expr(fold.judging) & (F.expr(fold.stopping) | F.expr(fold.training)))
            assert both.count() == 0
            assert rows.where(F.expr(fold.training) & F.expr(fold.stopping)).count() == 0


@pytest.mark.spark
def test_without_folds_the_validation_rows_judge(spark: SparkSession, rows: DataFrame) -> None:
    (standing,), search = run(spark, rows, config({"decision_tree": {"space": {"maxDepth": 3}}}, folds=0))
    assert len(standing.trials) == 1
    assert standing.spread == 0
    assert math.isfinite(standing.mean)
    assert search.prefix_fits == 1


@pytest.mark.spark
def test_an_interrupt_ends_the_search_and_releases_what_it_cached(
    spark: SparkSession, rows: DataFrame
) -> None:
    class Stop(SilentTask):
        def __init__(self) -> None:
            self.seen = 0

        def advance(self, note: str = "") -> None:
            self.seen += 1
            raise KeyboardInterrupt

    before = spark.sparkContext._jsc.getPersistentRDDs().size()
    task, recorded = Stop(), []
    learners = {**LINEAR, "decision_tree": {"space": {"maxDepth": [2, 3, 4, 5]}}}
    configuration = config(learners)
    with pytest.raises(KeyboardInterrupt):
        Search(spark, rows, TARGET, ROLES, configuration, Finished(recorded)).run(
            OneWave(grid(configuration)), task
        )
    assert task.seen <= 3  # of 30: one a thread at the most
    assert recorded == []
    assert spark.sparkContext._jsc.getPersistentRDDs().size() == before
