from __future__ import annotations

import math
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.number_target import (
    NumberFacts,
    NumberTarget,
    number_facts,
    validate_number,
    validate_number_type,
)
from pipeline.tuning.rows import RowCounts, validate_weight, with_splits
from pipeline.tuning.target import label_column


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


def facts(**more: Any) -> NumberFacts:
    counts: dict[str, Any] = {
        "unlabelled": 0,
        "splits": {"train": 70, "validation": 15, "test": 15},
        "folds": (24, 23, 23),
    }
    values: dict[str, Any] = {"lowest": 0.0, "highest": 9.0, "not_finite": 0, "median": 4.0}
    counts |= {name: more.pop(name) for name in (*counts, "bad_weights") if name in more}
    return NumberFacts(RowCounts(**counts), **(values | more))


@pytest.mark.spark
def test_facts_of_the_label(spark: SparkSession) -> None:
    rows = spark.range(1000).selectExpr("id", "IF(id < 100, NULL, CAST(id AS DOUBLE)) AS y", "id * 2 AS x")
    found = number_facts(with_splits(rows, config(), ["x"]), 3)
    counts = found.counts
    assert (counts.unlabelled, found.not_finite, found.lowest, found.highest) == (100, 0, 100.0, 999.0)
    assert counts.labelled == sum(counts.splits.values()) == 900
    assert sum(counts.folds) == counts.splits["train"]
    assert counts.fitted == counts.splits["train"] + counts.splits["validation"]
    validate_number(found, config())


@pytest.mark.spark
def test_only_inputs_and_bookkeeping_remain(spark: SparkSession) -> None:
    rows = spark.range(1).selectExpr("id", "1 AS x", "2 AS unused", "3.0 AS y")
    split = with_splits(rows, config(), ["x"])
    assert split.columns == ["x", "__split", "__fold", "__inner", "__too_near", "__value", "__order"]
    target = NumberTarget(facts().counts, median=4.0, transform="log1p")
    encoded = target.encode(split)
    assert encoded.columns == [
        "x",
        "__split",
        "__fold",
        "__inner",
        "__too_near",
        "__order",
        "__actual",
        "__label",
    ]
    assert [tuple(row) for row in encoded.select("__actual", "__label").collect()] == [(3.0, math.log(4))]


@pytest.mark.spark
def test_weights_are_carried_and_counted(spark: SparkSession) -> None:
    rows = spark.sql(
        "SELECT * FROM VALUES (1, 1D, 1D), (2, 2D, 0D), (3, 3D, NULL), (4, 4D, -1D), (5, NULL, NULL), "
        "(6, 6D, double('NaN')), (7, 7D, double('Infinity')) AS t(id, y, w)"
    )
    settings = config(features={"label": "y", "weight": "w"})
    found = number_facts(with_splits(rows, settings), 3, weighted=True)
    assert found.counts.bad_weights == 4


def test_a_weight_must_be_a_number_that_is_there() -> None:
    settings = config(features={"label": "y", "weight": "w"})
    schema = T.StructType([T.StructField("y", T.DoubleType()), T.StructField("w", T.StringType())])
    with pytest.raises(ConfigError, match=r"features\.weight: 'w' is STRING; a weight is a number\."):
        validate_weight(schema, settings)
    with pytest.raises(ConfigError, match=r"there is no column 'w' in the features\. Columns there: y\."):
        validate_weight(T.StructType([schema["y"]]), settings)


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
        ({"bad_weights": 2}, {}, DataRefused, "2 labelled rows have no usable weight"),
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
        validate_number(facts(**found), config(train=settings))


def test_more_folds_than_groups() -> None:
    settings = config(split={"by": "group", "group": "street"}, train={"folds": 3})
    with pytest.raises(ConfigError) as refused:
        validate_number(facts(folds=(30, 0, 40)), settings)
    assert str(refused.value) == (
        "train.folds: fold 2 of 3 has no row (rows by split: train 70, validation 15, test 15). Rows of one "
        "street stay together, and every fold needs some. Use fewer folds, another split.salt, or more data."
    )


def test_a_label_must_be_a_number_that_is_there() -> None:
    with pytest.raises(
        ConfigError, match=r"features\.label: 'y' is STRING; task regression predicts a number\."
    ):
        validate_number_type(T.StringType(), config())
    schema = T.StructType([T.StructField("id", T.LongType()), T.StructField("_batch_id", T.LongType())])
    with pytest.raises(ConfigError, match=r"there is no column 'y' in the features\. Columns there: id\."):
        label_column(schema, config())
    validate_number_type(T.DecimalType(), config())
