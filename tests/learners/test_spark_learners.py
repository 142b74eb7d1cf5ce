"""Spark's own regressors, made from names and fitted on a few rows."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.learners import Columns, FitContext, get_learner

pytestmark = pytest.mark.spark

COLUMNS = Columns(features="features", label="y", weight=None, validation=None, max_categories=2)
CONTEXT = FitContext(seed=7, placement="auto", local_memory_bytes=2**31, rows=None)
SMALL: dict[str, dict[str, Any]] = {
    "linear_regression": {"regParam": 0.0},
    "decision_tree": {"maxDepth": 3},
    "random_forest": {"numTrees": 3, "maxDepth": 3},
    "gbt": {"maxIter": 3, "maxDepth": 2},
}


@pytest.fixture(scope="module")
def lines(spark: SparkSession) -> DataFrame:
    """Exactly y = 2a + 1; the weight w of every row above a = 20 is 0."""
    rows = spark.range(40).select(F.col("id").cast("double").alias("a"))
    rows = rows.withColumn("y", 2 * F.col("a") + 1).withColumn("w", (F.col("a") <= 20).cast("double"))
    return VectorAssembler(inputCols=["a"], outputCol="features").transform(rows)


@pytest.mark.parametrize("name", SMALL)
def test_predictions_are_doubles_near_the_label(name: str, lines: DataFrame) -> None:
    model = get_learner(name).estimator(SMALL[name], COLUMNS, CONTEXT).fit(lines)
    scored = model.transform(lines)
    assert dict(scored.dtypes)["prediction"] == "double"
    errors = scored.select(F.avg(F.abs(F.col("prediction") - F.col("y")))).first()
    assert errors is not None
    assert errors[0] < (1e-6 if name == "linear_regression" else 10)


@pytest.mark.parametrize("name", ["decision_tree", "random_forest", "gbt"])
@pytest.mark.parametrize(
    ("given", "categories", "expected"), [(None, 2, 32), (None, 57, 57), (40, 57, 57), (64, 57, 64)]
)
def test_every_category_has_a_bin(name: str, given: int | None, categories: int, expected: int) -> None:
    params = {} if given is None else {"maxBins": given}
    columns = Columns("features", "y", None, None, categories)
    stage = get_learner(name).estimator(params, columns, CONTEXT)
    assert stage.getOrDefault("maxBins") == expected
    assert stage.getOrDefault("seed") == 7


def test_a_weight_counts(lines: DataFrame) -> None:
    bent = lines.withColumn("y", F.when(F.col("w") == 0, F.lit(0.0)).otherwise(F.col("y")))
    weighted = Columns("features", "y", "w", None, 2)
    learner = get_learner("linear_regression")
    straight: Any = learner.estimator({"regParam": 0.0}, weighted, CONTEXT).fit(bent)
    pulled: Any = learner.estimator({"regParam": 0.0}, COLUMNS, CONTEXT).fit(bent)
    assert straight.coefficients[0] == pytest.approx(2.0)
    assert pulled.coefficients[0] < 1.0


def test_parameters_reach_the_stage() -> None:
    stage: Any = get_learner("linear_regression").estimator(
        {"regParam": 1, "elasticNetParam": 0.5, "fitIntercept": False}, COLUMNS, CONTEXT
    )
    assert (stage.getRegParam(), stage.getElasticNetParam(), stage.getFitIntercept()) == (1.0, 0.5, False)
    assert (stage.getMaxIter(), stage.getTol()) == (200, 1e-8)
