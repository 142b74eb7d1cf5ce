"""Fitting: where it happens, what it depends on, what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pyspark.ml.evaluation import RegressionEvaluator
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.errors import ConfigError, DataRefused
from pipeline.learners import Columns, FitContext, get_learner
from pipeline.learners.boosting import estimator as module
from pipeline.learners.boosting.estimator import XGBoostEstimator
from pipeline.learners.boosting.memory import Shape, fit_bytes
from pipeline.learners.boosting.model import XGBoostModel

pytestmark = pytest.mark.spark

FEATURES = ["area.m2 [net]", "age", "zone", "never"]

NEEDED_FOR_600 = fit_bytes(
    Shape(600, 4), get_learner("xgboost").complete({"n_estimators": 1, "max_depth": 3})
)


def a_regressor(**changes: Any) -> XGBoostEstimator:
    settings: dict[str, Any] = {
        "inputCols": FEATURES,
        "labelCol": "price",
        "categoricalCols": ["zone"],
        "n_estimators": 20,
        "max_depth": 3,
        "placement": "local",
    }
    return XGBoostEstimator(**{**settings, **changes})


def rmse(model: XGBoostModel, rows: DataFrame) -> float:
    return RegressionEvaluator(labelCol="price", metricName="rmse").evaluate(model.transform(rows))


@pytest.mark.parametrize(
    "sampling", [{}, {"subsample": 0.5, "colsample_bytree": 0.5}], ids=["all", "sampled"]
)
def test_the_model_does_not_depend_on_partitions_or_their_order(
    houses: DataFrame, sampling: dict[str, float]
) -> None:
    model = a_regressor(**sampling).fit(houses)
    one = a_regressor(**sampling).fit(houses.orderBy(F.desc("id")).repartition(1))
    seven = a_regressor(**sampling).fit(houses.repartition(7))
    assert model.ubj == one.ubj == seven.ubj


def test_the_seed_and_the_rows_do_change_it(houses: DataFrame) -> None:
    model = a_regressor(subsample=0.5, seed=1).fit(houses)
    assert model.ubj != a_regressor(subsample=0.5, seed=2).fit(houses).ubj
    assert model.ubj != a_regressor(subsample=0.5, seed=1).fit(houses.where("id > 0")).ubj


def test_a_column_can_give_the_order(houses: DataFrame) -> None:
    by_key = a_regressor(subsample=0.5, orderCol="id")
    model = by_key.fit(houses)
    assert model.ubj == by_key.fit(houses.repartition(7)).ubj
    assert model.ubj != a_regressor(subsample=0.5).fit(houses).ubj


def test_it_learns_and_tells_what_mattered(houses: DataFrame) -> None:
    model = a_regressor(n_estimators=60).fit(houses)
    labels = houses.select(F.stddev("price")).first()
    assert labels is not None
    known = houses.where("id % 11 != 0 and id % 13 != 0")
    assert rmse(model, known) < 0.3 * labels[0]
    assert list(model.importances) == FEATURES
    assert model.importances["area.m2 [net]"] > model.importances["age"] > 0
    assert model.importances["never"] == 0
    assert (model.rounds, model.best_iteration, model.validation_curve) == (60, None, ())


def test_early_stopping_uses_the_flagged_rows_and_no_others(houses: DataFrame) -> None:
    stopping = a_regressor(
        validationIndicatorCol="held_out", early_stopping_rounds=5, n_estimators=500, learning_rate=0.3
    )
    model = stopping.fit(houses)
    assert model.best_iteration is not None
    assert model.rounds == model.best_iteration + 1 < 500
    assert min(model.validation_curve) == model.validation_curve[model.best_iteration]
    assert rmse(model, houses.where("held_out")) == pytest.approx(min(model.validation_curve), rel=1e-5)
    spoiled = houses.withColumn("price", F.when(F.col("held_out"), -F.col("price")).otherwise(F.col("price")))
    assert stopping.fit(spoiled).rounds < model.rounds


def test_without_early_stopping_flagged_rows_are_not_read(houses: DataFrame) -> None:
    unflagged = a_regressor().fit(houses.where("not held_out"))
    spoiled = houses.withColumn(
        "price", F.when(F.col("held_out"), F.lit(float("inf"))).otherwise(F.col("price"))
    )
    assert a_regressor(validationIndicatorCol="held_out").fit(spoiled).ubj == unflagged.ubj


def test_a_missing_flag_means_a_training_row(houses: DataFrame) -> None:
    unknown = houses.withColumn("held_out", F.when(F.col("held_out"), None).otherwise(F.col("held_out")))
    assert a_regressor(validationIndicatorCol="held_out").fit(unknown).ubj == a_regressor().fit(houses).ubj


def test_a_weight_counts_as_so_many_rows(houses: DataFrame) -> None:
    repeated = houses.select("*", F.explode(F.sequence(F.lit(1), F.col("weight").cast("int"))))
    rows = houses.select("*", F.lit(1).alias("one"))
    weighted = a_regressor(weightCol="weight").fit(houses).transform(rows)
    by_hand = a_regressor(predictionCol="expected").fit(repeated).transform(weighted)
    plain = a_regressor(predictionCol="unweighted").fit(houses).transform(by_hand)
    found = plain.select(
        F.max(F.abs(F.col("prediction") - F.col("expected"))).alias("same"),
        F.max(F.abs(F.col("prediction") - F.col("unweighted"))).alias("other"),
    ).first()
    assert found is not None
    assert found["same"] < 1e-2 < found["other"]


def test_quantities_of_any_numeric_type_are_the_same(houses: DataFrame) -> None:
    retyped = houses.withColumn("age", F.col("age").cast("decimal(10,2)")).withColumn(
        "zone", F.col("zone").cast("long")
    )
    assert a_regressor().fit(retyped).ubj == a_regressor().fit(houses).ubj
    with_boolean = a_regressor(inputCols=["age", "held_out"], categoricalCols=[]).fit(houses)
    assert with_boolean.transform(houses).where("prediction is null").count() == 0


@pytest.mark.parametrize(
    ("placement", "rows", "memory", "expected"),
    [
        ("auto", 600, NEEDED_FOR_600, "task"),
        ("auto", 601, NEEDED_FOR_600, "workers"),
        ("auto", None, NEEDED_FOR_600, "task"),
        ("auto", None, NEEDED_FOR_600 - 1, "workers"),
        ("local", 10**12, 1, "task"),
        ("distributed", 1, 2**31, "workers"),
    ],
)
def test_placement(
    houses: DataFrame,
    monkeypatch: pytest.MonkeyPatch,
    placement: str,
    rows: int | None,
    memory: int,
    expected: str,
) -> None:
    places: list[str] = []
    in_task = module._fit_in_one_task

    def on_workers(frame: DataFrame, job: Any, workers: int) -> Any:
        places.append("workers")
        assert workers == 2
        return in_task(frame, job)

    monkeypatch.setattr(module, "fit_distributed", on_workers)
    a_regressor(placement=placement, rows=rows, localMemoryBytes=memory, n_estimators=1).fit(houses)
    assert (places or ["task"]) == [expected]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"inputCols": []}, "there is no feature column. Set inputCols to at least one."),
        (
            {"inputCols": ["age", "word"], "categoricalCols": []},
            "column 'word' is string; allowed: a number or boolean.",
        ),
        ({"labelCol": "word"}, "column 'word' is string"),
        ({"weightCol": "word"}, "column 'word' is string"),
        ({"validationIndicatorCol": "age"}, "validation column 'age' is int; allowed: boolean."),
        ({"categoricalCols": ["colour"]}, "categorical columns ['colour'] are not among the features"),
        ({"early_stopping_rounds": 3}, "early_stopping_rounds is set, but there is no validation column"),
    ],
)
def test_wrong_columns_are_refused(houses: DataFrame, changes: dict[str, Any], sentence: str) -> None:
    rows = houses.withColumn("word", F.lit("12"))
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        a_regressor(**changes).fit(rows)


@pytest.mark.parametrize("placement", ["local", "distributed"])
@pytest.mark.parametrize(
    ("condition", "label", "changes", "sentence"),
    [
        ("id < 0", "price", {}, "Boosted trees: there are no rows to train on."),
        (
            "id < 3",
            "if(id = 1, double('inf'), price)",
            {},
            "the label of 1 of 3 rows is missing, infinite or too large.",
        ),
        (
            "id < 3",
            "if(id = 1, double('nan'), null)",
            {},
            "the label of 3 of 3 rows is missing, infinite or too large.",
        ),
        ("id < 3", "1e39", {}, "the label of 3 of 3 rows is missing, infinite or too large."),
        (
            "id < 3",
            "price",
            {"weightCol": "negative"},
            "the weight of 3 of 3 rows is missing, infinite or negative.",
        ),
        (
            "not held_out",
            "price",
            {"validationIndicatorCol": "held_out", "early_stopping_rounds": 3},
            "early stopping needs validation rows, and there are none.",
        ),
    ],
)
def test_rows_that_cannot_be_trained_on_are_refused_alike_wherever(
    houses: DataFrame, placement: str, condition: str, label: str, changes: dict[str, Any], sentence: str
) -> None:
    rows = houses.where(condition).withColumn("price", F.expr(label)).withColumn("negative", F.lit(-1.0))
    with pytest.raises(DataRefused, match=re.escape(sentence)):
        a_regressor(placement=placement, **changes).fit(rows)


def test_a_value_out_of_range_is_refused_when_it_is_set() -> None:
    with pytest.raises(
        ConfigError, match=re.escape("parameter 'max_depth' is 0; allowed: a whole number from 1 to 30.")
    ):
        a_regressor(max_depth=0)


def test_the_stage_can_be_saved_and_copied_unfitted(
    spark: SparkSession, houses: DataFrame, tmp_path: Path
) -> None:
    stage = a_regressor(weightCol="weight", subsample=0.5)
    stage.write().save(str(tmp_path / "stage"))
    loaded = XGBoostEstimator.load(str(tmp_path / "stage"))
    assert loaded.uid == stage.uid
    assert loaded.fit(houses).ubj == stage.fit(houses).ubj
    deeper = stage.copy({stage.getParam("max_depth"): 5})
    assert (deeper.getOrDefault("max_depth"), stage.getOrDefault("max_depth")) == (5, 3)


def test_the_registry_makes_this_stage(houses: DataFrame) -> None:
    columns = Columns(tuple(FEATURES), "price", "weight", "held_out", 4, categorical=("zone",), order="id")
    context = FitContext(seed=3, placement="local", local_memory_bytes=2**30, rows=480)
    params = {"n_estimators": 300, "early_stopping_rounds": 4, "max_depth": 3, "learning_rate": 0.3}
    model = get_learner("xgboost").estimator(params, columns, context).fit(houses)
    expected = a_regressor(
        weightCol="weight",
        validationIndicatorCol="held_out",
        orderCol="id",
        seed=3,
        **params,
    ).fit(houses)
    assert isinstance(model, XGBoostModel)
    assert model.ubj == expected.ubj
    assert model.getPredictionCol() == "prediction"
