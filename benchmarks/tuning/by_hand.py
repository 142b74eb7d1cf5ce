"""What one writes today: `CrossValidator` over a `Pipeline`, every stage fitted for each fold and set."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.ml import Estimator, Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression
from pyspark.ml.evaluation import (
    BinaryClassificationEvaluator,
    Evaluator,
    MulticlassClassificationEvaluator,
    RegressionEvaluator,
)
from pyspark.ml.feature import OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.ml.regression import LinearRegression
from pyspark.ml.tuning import CrossValidator, ParamGridBuilder
from pyspark.sql import DataFrame

from benchmarks.tuning.tables import FOLD_COLUMN, LABEL, Features

Params = Mapping[str, float]


@dataclass(frozen=True)
class Found:
    """Mean metric of each set, in their order, and the last stage of the model fitted on all rows."""

    means: Sequence[float]
    model: Any


def boosted(table: Features, rows: DataFrame, sets: Sequence[Params], rounds: int, slots: int) -> Found:
    """Spark's own boosted trees on indexed categories."""
    stage = GBTClassifier(featuresCol="features", labelCol=LABEL, maxIter=rounds, maxBins=128, seed=1)
    stages = [*_indexed(table), _assembled([*table.numbers, *_codes(table)]), stage]
    evaluator = BinaryClassificationEvaluator(labelCol=LABEL, metricName="areaUnderROC")
    return _search(table, rows, stages, stage, sets, evaluator, slots)


def logistic(
    table: Features, rows: DataFrame, sets: Sequence[Params], fixed: Mapping[str, Any], slots: int
) -> Found:
    """Scaled numbers, one-hot categories."""
    stage = LogisticRegression(featuresCol="features", labelCol=LABEL, **fixed)
    evaluator = MulticlassClassificationEvaluator(labelCol=LABEL)
    evaluator.setMetricName("logLoss")  # type: ignore[arg-type]  # which PySpark knows, but not its types
    return _search(table, rows, [*_encoded(table), stage], stage, sets, evaluator, slots)


def linear(table: Features, rows: DataFrame, sets: Sequence[Params], slots: int) -> Found:
    """Scaled numbers, one-hot categories, a number as the label."""
    stage = LinearRegression(featuresCol="features", labelCol=LABEL)
    evaluator = RegressionEvaluator(labelCol=LABEL, metricName="rmse")
    return _search(table, rows, [*_encoded(table), stage], stage, sets, evaluator, slots)


def linear_once(table: Features, rows: DataFrame, params: Mapping[str, Any]) -> Sequence[float]:
    """The coefficients of one fit on all rows."""
    stage = LinearRegression(featuresCol="features", labelCol=LABEL, **params)
    fitted = Pipeline(stages=[*_encoded(table), stage]).fit(rows)
    model: Any = fitted.stages[-1]
    return [float(value) for value in model.coefficients]


def _search(
    table: Features,
    rows: DataFrame,
    stages: Sequence[Estimator[Any]],
    learner: Any,
    sets: Sequence[Params],
    evaluator: Evaluator,
    slots: int,
) -> Found:
    grid = [
        ParamGridBuilder()
        .baseOn({getattr(learner, name): value for name, value in params.items()})
        .build()[0]
        for params in sets
    ]
    validator = CrossValidator(
        estimator=Pipeline(stages=list(stages)),
        estimatorParamMaps=grid,
        evaluator=evaluator,
        numFolds=table.folds,
        foldCol=FOLD_COLUMN,
        parallelism=slots,
    )
    kept = rows.persist()
    try:
        fitted = validator.fit(kept)
    finally:
        kept.unpersist()
    best = fitted.bestModel
    assert isinstance(best, PipelineModel)
    found = Found(list(fitted.avgMetrics), best.stages[-1])
    gc.collect()  # its thread pool waits for that
    return found


def _codes(table: Features) -> list[str]:
    return [f"{name}_code" for name in table.categories]


def _indexed(table: Features) -> list[Estimator[Any]]:
    names = list(table.categories)
    return [StringIndexer(inputCols=names, outputCols=_codes(table), handleInvalid="keep")]


def _encoded(table: Features) -> list[Any]:
    onehot = [f"{name}_onehot" for name in table.categories]
    return [
        VectorAssembler(inputCols=list(table.numbers), outputCol="numbers"),
        StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True),
        *_indexed(table),
        OneHotEncoder(inputCols=_codes(table), outputCols=onehot),
        _assembled(["scaled", *onehot]),
    ]


def _assembled(columns: Sequence[str]) -> Any:
    return VectorAssembler(inputCols=list(columns), outputCol="features")
