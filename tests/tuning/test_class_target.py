from __future__ import annotations

from typing import Any

import pytest
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.class_labels import ClassLabels
from pipeline.tuning.class_target import (
    ClassTarget,
    class_facts,
    class_target,
    in_order,
    validate_class_type,
    validate_classes,
)
from pipeline.tuning.rows import RowCounts, with_splits


def config(task: str = "multiclass", **sections: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": task,
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            **sections,
        }
    )


def counts(train: int = 70, validation: int = 15, test: int = 15) -> RowCounts:
    return RowCounts(0, {"train": train, "validation": validation, "test": test}, (train - 4, 2, 2))


@pytest.mark.spark
def test_facts_by_class_come_from_one_job(spark: SparkSession) -> None:
    rows = spark.range(1000).selectExpr(
        "id", "CASE WHEN id < 100 THEN NULL WHEN id % 10 = 0 THEN 'rare' ELSE 'usual' END AS y"
    )
    found, unlabelled = class_facts(with_splits(rows, config()), 3)
    assert unlabelled == 100
    assert {name: facts.labelled for name, facts in found.items()} == {"rare": 90, "usual": 810}
    assert sum(found["rare"].folds) == found["rare"].splits["train"]


@pytest.mark.spark
def test_labels_become_places_and_weights_and_come_back(spark: SparkSession) -> None:
    rows = spark.sql("SELECT * FROM VALUES (1, 3, 2D), (2, 1, 1D), (3, 10, 1D), (4, 1, 1D) AS t(id, y, w)")
    settings = config(features={"label": "y", "weight": "w"}, train={"imbalance": "balanced"})
    target = ClassTarget(
        "multiclass",
        counts(),
        ClassLabels(in_order(["10", "3", "1"], T.IntegerType()), "int"),
        (50, 25, 0),
        weights=True,
        balanced=True,
    )
    assert (target.classes, target.kind, target.weighted) == (("1", "3", "10"), "int", True)
    encoded = target.encode(with_splits(rows, settings, ["id"]))
    assert [tuple(row) for row in encoded.select("id", "__label", "__weight").orderBy("id").collect()] == [
        (1, 1.0, 2 * 75 / (2 * 25)),
        (2, 0.0, 75 / (2 * 50)),
        (3, 2.0, 0.0),
        (4, 0.0, 75 / (2 * 50)),
    ]
    assert encoded.schema["__label"].metadata["ml_attr"]["num_vals"] == 3

    said = spark.createDataFrame(
        [(2.0, Vectors.dense([0.1, 0.2, 0.7])), (0.0, Vectors.dense([1.0, 0.0, 1e-17]))],
        T.StructType(
            [
                T.StructField("prediction", T.DoubleType()),
                T.StructField("probability", Vectors.dense([]).__UDT__),
            ]
        ),
    )
    outside = said.selectExpr(*target.outside(said.schema))
    assert outside.dtypes == [("prediction", "int"), ("probability", "map<string,double>")]
    assert [tuple(row) for row in outside.collect()] == [
        (10, {"1": 0.1, "3": 0.2, "10": 0.7}),
        (1, {"1": 1.0, "3": 0.0, "10": 1e-17}),
    ]
    shares = target.labels.shares(F.col("probability"), ("10", "other", "1"))
    assert [row[0] for row in outside.select(shares).collect()] == [[0.7, 0.0, 0.1], [1e-17, 0.0, 1.0]]


@pytest.mark.spark
def test_names_with_quotes_and_two_classes(spark: SparkSession) -> None:
    labels = ClassLabels(("it's", 'a "b" \\ c'), "string")
    said = spark.sql("SELECT 1D AS prediction, array(0.25D, 0.75D) AS probability")
    kind = said.schema["probability"].dataType
    outside = said.selectExpr(labels.prediction_sql(), labels.probability_sql(kind))
    assert [tuple(row) for row in outside.collect()] == [('a "b" \\ c', 0.75)]
    placed = spark.sql("SELECT explode(array('it\\'s', 'new', NULL)) AS y").select(labels.place(F.col("y")))
    assert [row[0] for row in placed.collect()] == [0.0, -1.0, None]


@pytest.mark.spark
def test_of_two_classes_the_positive_one_is_last(spark: SparkSession) -> None:
    rows = spark.range(200).selectExpr("id", "IF(id % 4 = 0, 'a', 'b') AS y")
    settings = config("binary", features={"label": "y", "positive": "a"})
    target = class_target(with_splits(rows, settings), T.StringType(), settings)
    assert target.classes == ("b", "a")
    assert sum(target.fitted) == target.counts.fitted


@pytest.mark.parametrize(
    ("found", "task", "error", "sentence"),
    [
        (
            {"a": counts()},
            "binary",
            DataRefused,
            "features.label: 'y' is a in all 100 labelled rows; nothing",
        ),
        (
            {"a": counts(), "b": counts(1, 0, 0), "c": counts(1, 0, 0)},
            "binary",
            ConfigError,
            (
                "features.label: 'y' has 3 classes (a 100, b 1, c 1), and task binary takes two. "
                "Write task: multiclass"
            ),
        ),
        (
            {str(number): counts() for number in range(257)},
            "multiclass",
            ConfigError,
            (
                "features.label: 'y' has more than 256 classes, the most that task multiclass takes. "
                "For a number write task: regression"
            ),
        ),
        (
            {"NaN": counts(), "1.0": counts()},
            "binary",
            DataRefused,
            "features.label: 'y' holds NaN, which is",
        ),
        ({}, "binary", DataRefused, "features.label: 'y' has no value in any of 7 rows; nothing can be"),
    ],
)
def test_rows_that_cannot_train(
    found: dict[str, RowCounts], task: str, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        validate_classes(found, 7, config(task))
    assert str(refused.value).startswith(sentence)


def test_a_class_is_a_text_a_number_or_a_boolean() -> None:
    for kind in (T.StringType(), T.BooleanType(), T.IntegerType(), T.DoubleType()):
        validate_class_type(kind, config())
    with pytest.raises(ConfigError, match=r"^features\.label: 'y' is DATE; task multiclass predicts a text"):
        validate_class_type(T.DateType(), config())
