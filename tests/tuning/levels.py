"""Rows with a size, an age, a town and a level made from them, encoded as a training encodes its own."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.preprocessing.roles import Role, Roles
from pipeline.tuning.class_labels import ClassLabels
from pipeline.tuning.class_target import ClassTarget
from pipeline.tuning.number_target import NumberTarget
from pipeline.tuning.rows import SPLIT, VALUE, WEIGHT, RowCounts, with_splits

ROLES = Roles((Role("size", "numeric", ""), Role("age", "numeric", ""), Role("town", "categorical", "")))


def config(task: str, learners: dict[str, Any], root: str, **train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": task,
            "lake": {"root": root},
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "kind"},
            "train": {"learners": learners, **train},
        }
    )


def levels(spark: SparkSession) -> DataFrame:
    return spark.range(400).selectExpr(
        "id",
        "CAST(id % 37 AS DOUBLE) AS size",
        "CAST((id * 7919) % 101 AS DOUBLE) AS age",
        "element_at(array('north', 'south', 'east', 'west'), CAST(id % 4 AS INT) + 1) AS town",
        "CAST(floor(((id % 37) + (id * 104729) % 53 + 10 * (id % 4)) / 40) AS INT) AS level",
    )


def classes(table: DataFrame, names: tuple[str, ...], configuration: Config) -> tuple[ClassTarget, DataFrame]:
    """The label `kind` is the level, cut to so many classes; the rows outside the test split."""
    counts = RowCounts(0, {"train": 280, "validation": 60, "test": 60}, (93, 93, 94))
    target = ClassTarget(configuration.task, counts, ClassLabels(names, "int"), (100,) * len(names))
    rows = table.withColumn("kind", F.least("level", F.lit(len(names) - 1)))
    rows = target.encode(with_splits(rows, configuration, ROLES.inputs))
    return target, rows.where(F.col(SPLIT) != "test").repartition(3)


def numbers(table: DataFrame, configuration: Config) -> tuple[NumberTarget, DataFrame]:
    """The label `kind` is a number that is learned as its logarithm, and rows weigh 1 to 3."""
    counts = RowCounts(0, {"train": 280, "validation": 60, "test": 60}, (280,))
    target = NumberTarget(counts, 1.0, "log1p", weights=True)
    rows = table.withColumn("kind", F.col("level") + F.col("size"))
    rows = with_splits(rows, configuration, ROLES.inputs).withColumn(WEIGHT, F.col(VALUE) % 3 + 1)
    return target, target.encode(rows).where(F.col(SPLIT) != "test")
