from __future__ import annotations

from typing import Any

import pytest
from pyspark.ml.classification import RandomForestClassifier
from pyspark.ml.feature import VectorAssembler
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import DataFrame, SparkSession

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.class_labels import ClassLabels
from pipeline.tuning.class_target import ClassTarget
from pipeline.tuning.number_target import NumberTarget
from pipeline.tuning.rows import ACTUAL, RowCounts
from pipeline.tuning.runners.forest import first_trees, forest_work
from pipeline.tuning.runners.measuring import measure_together
from pipeline.tuning.target import Target

COUNTS = RowCounts(0, {"train": 150, "validation": 0, "test": 0}, (150,))


def candidate(number: int, learner: str = "random_forest", **params: Any) -> Candidate:
    return Candidate(number, learner, params)


def test_forests_that_differ_in_their_trees_alone_share_a_fit() -> None:
    works = forest_work(
        [
            candidate(1, numTrees=20),
            candidate(2, numTrees=5),
            candidate(3, numTrees=5, maxDepth=3),
            candidate(4, numTrees=1),
            candidate(5, maxDepth=3),
            candidate(6, numTrees=9, maxDepth=2),
            candidate(7, "decision_tree", maxDepth=3),
        ]
    )
    assert [[one.number for one in work.candidates] for work in works] == [[1, 2], [3, 5]]


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    frame = spark.range(150, numPartitions=1).selectExpr(
        "CAST(id % 17 AS DOUBLE) AS a",
        "CAST((id * 7919) % 31 AS DOUBLE) AS b",
        f"CAST((id % 17 + (id * 7919) % 31) % 3 AS DOUBLE) AS {ACTUAL}",
    )
    return VectorAssembler(inputCols=["a", "b"], outputCol="features").transform(frame).persist()


@pytest.mark.spark
@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_the_first_trees_are_a_forest(rows: DataFrame, task: str) -> None:
    columns = {"featuresCol": "features", "labelCol": ACTUAL, "numTrees": 4, "maxDepth": 3, "seed": 5}
    target: Target
    if task == "regression":
        forest, target = RandomForestRegressor(**columns).fit(rows), NumberTarget(COUNTS, 1.0)
    else:
        forest = RandomForestClassifier(**columns).fit(rows)
        target = ClassTarget("multiclass", COUNTS, ClassLabels(("0", "1", "2"), "int"), (50, 50, 50))
    models = {trees: first_trees(forest, trees, trees) for trees in (2, 4)}
    scored = models[2].transform(rows).select("features", "prediction_2").first()
    assert scored is not None
    if task == "regression":
        alone = [tree.predict(scored["features"]) for tree in forest.trees[:2]]
        assert scored["prediction_2"] == pytest.approx(sum(alone) / 2)
    else:
        shares = sum(tree.predictProbability(scored["features"]).toArray() for tree in forest.trees[:2])
        assert scored["prediction_2"] == shares.argmax()
    found = measure_together(target, rows, models)
    assert found[4] == target.measure_trial(forest.transform(rows))
    assert found[2] != found[4]
    assert forest.getPredictionCol() == "prediction"
