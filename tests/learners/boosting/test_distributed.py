"""Training on all workers: the same model, near enough, as in one task."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.learners.boosting import distributed
from pipeline.learners.boosting.distributed import slots
from pipeline.learners.boosting.estimator import XGBoostEstimator
from pipeline.learners.boosting.model import XGBoostModel

pytestmark = pytest.mark.spark

TOLERANCE = 1e-3
"""Of the predictions' spread. Workers sum their own rows first, so floats differ in their last digits."""


def a_regressor(placement: str, **changes: Any) -> XGBoostEstimator:
    settings: dict[str, Any] = {
        "inputCols": ["area.m2 [net]", "age", "zone", "never"],
        "labelCol": "price",
        "categoricalCols": ["zone"],
        "n_estimators": 20,
        "max_depth": 3,
        "placement": placement,
    }
    return XGBoostEstimator(**{**settings, **changes})


def largest_difference(one: XGBoostModel, other: XGBoostModel, rows: DataFrame) -> float:
    both = other.copy({other.predictionCol: "other"}).transform(one.transform(rows))
    found = both.select(
        F.max(F.abs(F.col("prediction") - F.col("other"))).alias("difference"),
        F.stddev("prediction").alias("spread"),
    ).first()
    assert found is not None
    return float(found["difference"] / found["spread"])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weightCol": "weight"},
        {
            "validationIndicatorCol": "held_out",
            "early_stopping_rounds": 5,
            "n_estimators": 300,
            "learning_rate": 0.3,
        },
    ],
    ids=["plain", "weighted", "early stopping"],
)
def test_both_placements_agree(houses: DataFrame, changes: dict[str, Any]) -> None:
    local = a_regressor("local", **changes).fit(houses)
    distributed = a_regressor("distributed", **changes).fit(houses)
    assert largest_difference(local, distributed, houses) < TOLERANCE
    assert distributed.rounds == local.rounds
    assert distributed.best_iteration == local.best_iteration
    assert distributed.validation_curve == pytest.approx(local.validation_curve, rel=TOLERANCE)
    assert list(distributed.importances) == list(local.importances)
    assert distributed.booster.feature_types == local.booster.feature_types == ["q", "q", "c", "q"]


def test_the_model_does_not_depend_on_the_partitions_of_the_input(houses: DataFrame) -> None:
    seven = a_regressor("distributed").fit(houses.repartition(7))
    assert a_regressor("distributed").fit(houses.orderBy(F.desc("id"))).ubj == seven.ubj


def test_an_arrow_batch_without_validation_rows(spark: SparkSession, houses: DataFrame) -> None:
    """`xgboost.spark` 3.2 fails on it where features are a list of columns, unless one is `values`."""
    name = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = spark.conf.get(name)
    spark.conf.set(name, "3")
    try:
        stage = a_regressor("distributed", validationIndicatorCol="held_out", early_stopping_rounds=2)
        assert stage.fit(houses).best_iteration is not None
    finally:
        spark.conf.set(name, str(before))


def test_a_worker_without_rows(houses: DataFrame) -> None:
    same = houses.where("id < 20").withColumn("price", F.lit(5.0))
    for name in ("area.m2 [net]", "age", "zone"):
        same = same.withColumn(name, F.lit(1.0))
    scored = a_regressor("distributed").fit(same).transform(same)
    assert [row["prediction"] for row in scored.select("prediction").distinct().collect()] == pytest.approx(
        [5.0]
    )


def test_infinite_features(houses: DataFrame) -> None:
    wild = houses.withColumn("age", F.when(F.col("id") % 9 == 0, F.lit(float("inf"))).otherwise(F.col("age")))
    local, distributed = a_regressor("local").fit(wild), a_regressor("distributed").fit(wild)
    assert largest_difference(local, distributed, wild) < TOLERANCE


def test_nothing_stays_cached(spark: SparkSession, houses: DataFrame) -> None:
    context: Any = spark.sparkContext._jsc
    before = context.getPersistentRDDs().size()
    a_regressor("distributed", n_estimators=1).fit(houses)
    assert context.getPersistentRDDs().size() == before


def test_slots_are_what_can_run_at_once(spark: SparkSession) -> None:
    assert slots(spark.sparkContext) == 2


def test_a_fit_whose_executor_is_lost_begins_again_with_the_slots_there_are(
    monkeypatch: pytest.MonkeyPatch, houses: DataFrame
) -> None:
    asked: list[int] = []

    def fit(frame: DataFrame, job: Any, workers: int) -> Any:
        asked.append(workers)
        if len(asked) == 1:
            raise RuntimeError("Job aborted due to stage failure: ExecutorLostFailure (executor 0 exited)")
        raise ValueError("something else")

    monkeypatch.setattr(distributed, "_fit", fit)
    monkeypatch.setattr(distributed, "_slots_again", lambda context, wanted: wanted - 1)
    with pytest.raises(ValueError, match="something else"):
        distributed.fit_distributed(houses, None, 2)  # type: ignore[arg-type]
    assert asked == [2, 1]
