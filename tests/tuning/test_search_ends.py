"""The ends of a search, by a clock that a test sets, and feature settings that are searched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.preprocessing.roles import Role, Roles
from pipeline.progress import SILENT
from pipeline.tuning import prepared as prepared_module
from pipeline.tuning.ending import Ending
from pipeline.tuning.journal import NoJournal
from pipeline.tuning.number_target import NumberTarget
from pipeline.tuning.rows import FOLD, RowCounts, with_splits
from pipeline.tuning.search import Search
from pipeline.tuning.strategies import strategy_of
from pipeline.tuning.trials import Standing

pytestmark = pytest.mark.spark
ROLES = Roles(
    (
        Role("size", "numeric", ""),
        Role("age", "numeric", ""),
        Role("rare", "numeric", ""),
        Role("town", "categorical", ""),
    )
)
TARGET = NumberTarget(RowCounts(0, {"train": 90, "validation": 0, "test": 0}, (45, 45)), 50.0)
TREES = {"decision_tree": {"space": {"maxDepth": list(range(1, 13))}}}
BOOSTED = {"xgboost": {"params": {"n_estimators": 2}, "space": {"max_depth": list(range(1, 13))}}}


def configured(learners: Any, features: dict[str, Any] | None = None, **search: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y", **(features or {})},
            "split": {"train": 0.98, "validation": 0, "test": 0.02},
            "train": {"learners": learners, "folds": 2, "search": search},
        }
    )


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> Iterator[DataFrame]:
    table = spark.range(90).selectExpr(
        "id",
        "CAST(id % 37 AS DOUBLE) AS size",
        "IF(id % 5 = 0, NULL, exp(id % 11)) AS age",
        "CAST(NULL AS DOUBLE) AS rare",
        "'north' AS town",
        "CAST((id % 37) * 3 + id % 11 AS DOUBLE) AS y",
    )
    encoded = TARGET.encode(with_splits(table, configured(TREES), ROLES.inputs))
    # The rows that train without fold 0 have no value of one column, and have not seen its category.
    is_first = F.col(FOLD) == 0
    spoiled = encoded.withColumns(
        {"rare": F.when(is_first, F.col("size")), "town": F.when(is_first, "south").otherwise("north")}
    )
    frame = spoiled.coalesce(1).persist()
    frame.count()
    yield frame
    frame.unpersist()


class Clock(NoJournal):
    """A clock that jumps past every budget when the first candidate is finished, or stands there at once."""

    def __init__(self, *, late: bool) -> None:
        self.reads, self._late, self.finished = 0, late, False

    def __call__(self) -> float:
        self.reads += 1
        return 1e6 if self.finished or (self._late and self.reads > 1) else 0.0

    def finish(self, standing: Standing) -> None:
        self.finished = True


def run(
    spark: SparkSession, rows: DataFrame, config: Config, clock: Clock
) -> tuple[tuple[Standing, ...], Search]:
    search = Search(spark, rows, TARGET, ROLES, config, clock, clock)
    with SILENT.task("search") as task:
        return search.run(strategy_of(config, 45), task), search


def cached(spark: SparkSession) -> set[str]:
    """What is cached, by its name."""
    return {rdd.name() for rdd in spark.sparkContext._jsc.getPersistentRDDs().values()}


def test_the_end_of_the_time_cuts_off_what_runs_once_one_candidate_is_finished(
    spark: SparkSession, rows: DataFrame
) -> None:
    before = cached(spark)
    config = configured(TREES, time_budget="60s")
    standings, search = run(spark, rows, config, Clock(late=False))
    assert search.ending.reason == "time_budget"
    assert 1 <= len(standings) <= 8
    assert all(standing.failed is None and len(standing.trials) == 2 for standing in standings)
    assert len(standings) + search.ending.cut_off + search.ending.not_tried == 12
    assert search.ending.not_tried >= 4  # the second wave
    # Spark's own tree fits let go of these when they end; of a cancelled one the JVM's cleaner does.
    assert cached(spark) - before <= {"bagged tree points"}


def test_a_budget_that_ends_on_few_rows_still_finishes_one_candidate_on_all(
    spark: SparkSession, rows: DataFrame
) -> None:
    config = configured(BOOSTED, strategy="halving", time_budget="60s", eta=2, min_share=0.5)
    standings, search = run(spark, rows, config, Clock(late=False))
    assert search.ending.reason == "time_budget"
    assert [standing.share for standing in standings if standing.share == 1.0] == [1.0]
    best = min((item for item in standings if item.share == 0.5), key=lambda item: item.mean)
    assert standings[-1].candidate == best.candidate


def test_where_all_fail_the_time_still_ends_the_search(
    spark: SparkSession, rows: DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fit_prefix(*_: Any) -> Any:
        raise ValueError("no features today")

    monkeypatch.setattr(prepared_module, "fit_prefix", fit_prefix)
    config = configured({"xgboost": {}}, strategy="random", time_budget="60s")
    standings, search = run(spark, rows, config, Clock(late=True))
    assert [standing.failed for standing in standings] == ["fold 1: ValueError: no features today"] * 8
    assert search.ending == Ending("time_budget", 0, None)


def test_where_nothing_has_succeeded_in_time_one_candidate_does_alone(
    spark: SparkSession, rows: DataFrame
) -> None:
    config = configured(TREES, time_budget="60s")
    standings, search = run(spark, rows, config, Clock(late=True))
    assert [(standing.candidate.number, standing.failed) for standing in standings] == [(1, None)]
    assert (search.ending.cut_off or 0) + (search.ending.not_tried or 0) == 11


def test_a_target_ends_the_search_with_its_wave(spark: SparkSession, rows: DataFrame) -> None:
    standings, search = run(spark, rows, configured(BOOSTED, target=1e9), Clock(late=False))
    assert (len(standings), search.ending) == (8, Ending("target", 0, 4))


def test_searched_feature_settings_cost_one_prefix_a_value(spark: SparkSession, rows: DataFrame) -> None:
    config = configured(
        {
            "linear_regression": {"space": {"regParam": [0.1, 1.0]}},
            "decision_tree": {"space": {"maxDepth": 2}},
            "xgboost": {"params": {"n_estimators": 3}, "space": {"max_depth": 2}},
        },
        {"impute": ["median", "zero"]},
    )
    standings, search = run(spark, rows, config, Clock(late=False))
    found = {(item.candidate.learner, item.candidate.features.get("impute")) for item in standings}
    values = [("linear_regression", "median"), ("linear_regression", "zero")]
    assert found == {*values, ("decision_tree", "median"), ("decision_tree", "zero"), ("xgboost", None)}
    assert (len(standings), search.prefix_fits) == (7, 2 * (2 + 2 + 1))
    assert all(item.failed is None for item in standings)
    linear = [item.mean for item in standings if item.candidate.learner == "linear_regression"]
    assert len(set(linear)) == 4  # gaps filled otherwise fit otherwise
