from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pyspark.ml import PipelineModel
from pyspark.ml.feature import Imputer, OneHotEncoder, StandardScaler, StringIndexer, VectorAssembler
from pyspark.sql import DataFrame, SparkSession

from pipeline.config.features import Features
from pipeline.preprocessing.prefix import VECTOR, Prefix, fit_prefix
from pipeline.preprocessing.roles import Role, Roles
from pipeline.preprocessing.statistics import measure

ROLES = Roles(
    (
        Role("size", "numeric", ""),
        Role("odd name", "numeric", ""),
        Role("town", "categorical", ""),
        Role("rooms", "categorical", ""),
        Role("blank", "categorical", ""),
    )
)
SCHEMA = "size double, `odd name` int, town string, rooms int, blank string"
TRAINING: list[tuple[Any, ...]] = [
    (1.0, 10, "north", 3, None),
    (None, 20, "north", 4, None),
    (5.0, 30, "south", 3, None),
    (9.0, 40, "it's", 3, None),
]
LATER: list[tuple[Any, ...]] = [(math.nan, None, "never seen", 99, "new"), (2.0, 10, None, None, None)]


def features(**more: Any) -> Features:
    return Features.model_validate({"label": "y", **more})


@pytest.fixture(scope="module")
def training(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(TRAINING, SCHEMA)


@pytest.fixture(scope="module")
def later(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame(LATER, SCHEMA)


def vectors(prefix: Prefix, rows: DataFrame) -> list[list[float]]:
    return [list(row[0].toArray()) for row in prefix.transform(rows).select(VECTOR).collect()]


@pytest.mark.spark
def test_boosting_gets_floats_with_gaps_as_they_are(training: DataFrame, later: DataFrame) -> None:
    prefix = fit_prefix("boosting", ROLES, features(), measure(training, ROLES), training)
    assert prefix.names == ("size", "odd name", "town", "rooms")
    assert (prefix.width, prefix.slots) == (4, prefix.names)
    assert prefix.categorical == prefix.outputs[2:]
    found = prefix.transform(training.union(later)).select(*prefix.outputs)
    assert {field.dataType.simpleString() for field in found.schema.fields} == {"float"}
    assert [tuple(row) for row in found.collect()] == [
        (1.0, 10.0, 0.0, 0.0),
        (None, 20.0, 0.0, 1.0),
        (5.0, 30.0, 2.0, 0.0),
        (9.0, 40.0, 1.0, 0.0),
        (None, None, None, None),
        (2.0, 10.0, None, None),
    ]
    # As pandas hands whole numbers over, among which one is missing.
    doubles = training.withColumn("rooms", training["rooms"].cast("double"))
    assert [row[0] for row in prefix.transform(doubles).select(prefix.outputs[3]).collect()] == [0, 1, 0, 0]


@pytest.mark.spark
def test_trees_get_filled_numbers_gaps_marked_and_codes(training: DataFrame, later: DataFrame) -> None:
    prefix = fit_prefix("tree", ROLES, features(), measure(training, ROLES), training)
    assert prefix.names == ("size", "odd name", "size is missing", "town", "rooms")
    assert (prefix.max_categories, prefix.width) == (4, 5)
    assert prefix.slots == ("size", "odd name", "size", "town", "rooms")
    assert vectors(prefix, training.union(later)) == [
        [1.0, 10.0, 0.0, 0.0, 0.0],
        [5.0, 20.0, 1.0, 0.0, 1.0],
        [5.0, 30.0, 0.0, 2.0, 0.0],
        [9.0, 40.0, 0.0, 1.0, 0.0],
        [5.0, 20.0, 1.0, 3.0, 2.0],
        [2.0, 10.0, 0.0, 3.0, 2.0],
    ]
    nominal = prefix.transform(training).schema[VECTOR].metadata["ml_attr"]["attrs"]["nominal"]
    assert [attribute["name"] for attribute in nominal] == ["__code_0", "__code_1"]


@pytest.mark.spark
def test_linear_gets_what_sparks_own_imputer_scaler_and_encoder_give(
    training: DataFrame, later: DataFrame
) -> None:
    roles = Roles(tuple(role for role in ROLES.all if role.column not in ("blank", "rooms")))
    prefix = fit_prefix("linear", roles, features(), measure(training, roles), training)
    numbers = ["size", "odd name"]
    filled = Imputer(strategy="median", inputCols=numbers, outputCols=["a", "b"]).fit(training)
    scaled = VectorAssembler(inputCols=["a", "b"], outputCol="numbers")
    scaler = StandardScaler(inputCol="numbers", outputCol="scaled", withMean=True)
    indexer = StringIndexer(inputCol="town", outputCol="code", handleInvalid="keep").fit(training)
    rows = indexer.transform(scaled.transform(filled.transform(training.union(later))))
    encoder = OneHotEncoder(inputCol="code", outputCol="town_vector").fit(indexer.transform(training))
    fitted = scaler.fit(scaled.transform(filled.transform(training)))
    joined = VectorAssembler(inputCols=["scaled", "town_vector"], outputCol="all")
    expected = joined.transform(encoder.transform(fitted.transform(rows))).select("all").collect()
    assert prefix.slots == ("size", "odd name", "size", "town", "town", "town")
    gaps = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    for found, row, gap in zip(vectors(prefix, training.union(later)), expected, gaps, strict=True):
        whole = list(row[0].toArray())
        assert found == pytest.approx([*whole[:2], gap, *whole[2:]], abs=1e-12)
        assert prefix.width == len(found)


@pytest.mark.spark
def test_fitting_runs_no_job_beyond_the_statistics(spark: SparkSession, training: DataFrame) -> None:
    seen = measure(training, ROLES)
    spark.sparkContext.setJobGroup("prefix", "fit")
    try:
        for family in ("linear", "tree", "boosting"):
            fit_prefix(family, ROLES, features(), seen, training)
        jobs = spark.sparkContext.statusTracker().getJobIdsForGroup("prefix")
    finally:
        spark.sparkContext.setLocalProperty("spark.jobGroup.id", None)
    assert len(jobs) == 0


@pytest.mark.spark
@pytest.mark.parametrize("family", ["linear", "tree", "boosting"])
def test_saved_stages_are_sparks_own_and_give_the_same(
    family: Any, training: DataFrame, later: DataFrame, tmp_path: Path
) -> None:
    prefix = fit_prefix(family, ROLES, features(), measure(training, ROLES), training)
    PipelineModel(list(prefix.stages)).write().save(str(tmp_path / "prefix"))
    loaded = PipelineModel.load(str(tmp_path / "prefix"))
    assert {type(stage).__module__ for stage in loaded.stages} == {"pyspark.ml.feature"}
    rows = training.union(later)
    assert loaded.transform(rows).select(*prefix.outputs).collect() == (
        prefix.transform(rows).select(*prefix.outputs).collect()
    )


@pytest.mark.spark
def test_a_table_of_only_texts_or_only_numbers(training: DataFrame) -> None:
    for kind in ("numeric", "categorical"):
        roles = Roles(tuple(role for role in ROLES.all if role.kind == kind))
        for family in ("linear", "tree", "boosting"):
            prefix = fit_prefix(family, roles, features(), measure(training, roles), training)
            rows = prefix.transform(training).select(*prefix.outputs).collect()
            assert len(rows) == len(TRAINING)
            assert {prefix.width} == {len(row) if family == "boosting" else row[VECTOR].size for row in rows}
