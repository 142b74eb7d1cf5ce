from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.rows import (
    LabelFacts,
    label_facts,
    validate_label,
    validate_label_type,
    with_splits,
)


def config(**more: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            **more,
        }
    )


def facts(**more: Any) -> LabelFacts:
    values: dict[str, Any] = {
        "unlabelled": 0,
        "splits": {"train": 70, "validation": 15, "test": 15},
        "folds": (24, 23, 23),
        "lowest": 0.0,
        "highest": 9.0,
        "not_finite": 0,
        "median": 4.0,
    }
    return LabelFacts(**(values | more))


@pytest.mark.spark
def test_facts_of_the_label(spark: SparkSession) -> None:
    rows = spark.range(1000).selectExpr("id", "IF(id < 100, NULL, CAST(id AS DOUBLE)) AS y", "id * 2 AS x")
    found = label_facts(with_splits(rows, config(), ["x"]), 3)
    assert (found.unlabelled, found.not_finite, found.lowest, found.highest) == (100, 0, 100.0, 999.0)
    assert sum(found.splits.values()) == 900
    assert sum(found.folds) == found.splits["train"]
    assert found.fitted == found.splits["train"] + found.splits["validation"]
    validate_label(found, config())


@pytest.mark.spark
def test_only_inputs_and_bookkeeping_remain(spark: SparkSession) -> None:
    rows = spark.range(1).selectExpr("id", "1 AS x", "2 AS unused", "3.0 AS y")
    assert with_splits(rows, config(), ["x"]).columns == [
        "x", "__split", "__fold", "__inner", "__actual", "__label", "__order",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "settings", "error", "sentence"),
    [
        ({"not_finite": 3}, {}, DataRefused, "3 rows hold NaN or infinity in 'y'"),
        (
            {"splits": {"train": 0, "validation": 0, "test": 0}, "unlabelled": 80},
            {},
            DataRefused,
            "'y' has no value in any of 80 rows",
        ),
        ({"highest": 0.0}, {}, DataRefused, "'y' is 0 in all 100 labelled rows"),
        (
            {"lowest": -1.0},
            {"label_transform": "log1p"},
            ConfigError,
            "log1p needs labels above -1, 'y' goes down to -1",
        ),
        (
            {"splits": {"train": 4, "validation": 1, "test": 1}, "folds": (1, 1, 1, 1, 0)},
            {"folds": 5},
            ConfigError,
            "train.folds is 5, more than the 4 labelled training rows",
        ),
        ({"folds": (40, 0, 30)}, {}, ConfigError, "fold 2 of 3 has no row"),
        (
            {"splits": {"train": 90, "validation": 0, "test": 10}, "folds": ()},
            {"folds": 0},
            ConfigError,
            "the validation rows judge, but the rows by split are: train 90, validation 0, test 10",
        ),
        (
            {"splits": {"train": 90, "validation": 10, "test": 0}},
            {},
            ConfigError,
            "split.test: no row fell into it",
        ),
    ],
)
def test_rows_that_cannot_train(
    found: dict[str, Any], settings: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        validate_label(facts(**found), config(train=settings))


def test_a_label_must_be_a_number_that_is_there() -> None:
    schema = T.StructType([T.StructField("y", T.StringType()), T.StructField("id", T.LongType())])
    with pytest.raises(
        ConfigError, match=r"features\.label: 'y' is STRING; task regression predicts a number\."
    ):
        validate_label_type(schema, config())
    with pytest.raises(ConfigError, match=r"there is no column 'y' in the features\. Columns there: id\."):
        validate_label_type(T.StructType([schema["id"]]), config())
    validate_label_type(T.StructType([T.StructField("y", T.DecimalType())]), config())
