from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.config.features import Features
from pipeline.errors import DataRefused
from pipeline.preprocessing.leakage import Leak, check_leaks, find_leaks
from pipeline.preprocessing.role import Role, Roles

ROWS = 400
# Numbers without any order that are the same everywhere.
NOISE = "CAST(pmod(hash(id), 1009) AS DOUBLE)"


def roles(numeric: tuple[str, ...], categorical: tuple[str, ...]) -> Roles:
    return Roles(
        (
            *(Role(name, "numeric", "") for name in numeric),
            *(Role(name, "categorical", "") for name in categorical),
        )
    )


def sales(spark: SparkSession, rows: int = ROWS) -> DataFrame:
    return spark.range(rows).selectExpr(
        "*",
        f"1000000 + {NOISE} AS __label",
        f"-2 * {NOISE} + pmod(hash(id, 'little'), 10) AS euros",
        f"{NOISE} + pmod(hash(id, 'much'), 400) AS area",
        f"IF(id % 3 = 0, NULL, {NOISE}) AS tax",
        "7 AS always",
        f"concat('band ', CAST({NOISE} / 10 AS INT)) AS band",
        "concat('shop ', id % 5) AS shop",
        "concat('sale ', id) AS receipt",
    )


@pytest.mark.spark
def test_numbers_and_groups_that_tell_a_number(spark: SparkSession) -> None:
    # Two hundred different labels, each in five rows and more.
    coarse = (
        sales(spark, 2_000)
        .selectExpr("* EXCEPT (__label)", "floor(__label / 100) AS __label")
        .selectExpr("*", "concat('grade ', __label) AS grade", "CAST(__label - 10000 AS INT) AS code")
    )
    all_roles = roles(("euros", "area", "tax", "always"), ("band", "shop", "receipt"))
    assert find_leaks(sales(spark), all_roles, "regression", "__label") == (
        Leak("euros", "their correlation is -1.0000"),
        Leak("tax", "their correlation is 1.0000"),
    )
    assert find_leaks(coarse, roles(("code", "area"), ("grade", "shop")), "regression", "__label") == (
        Leak("code", "their correlation is 1.0000"),
        Leak("grade", "its groups explain 100.00% of the variance"),
    )


@pytest.mark.spark
def test_few_rows_are_not_judged(spark: SparkSession) -> None:
    few = sales(spark, 49)
    assert find_leaks(few, roles(("euros",), ("shop",)), "regression", "__label") == ()
    classes = few.selectExpr("*", "id % 2 AS class", "id % 2 AS same")
    assert find_leaks(classes, roles(("same",), ()), "binary", "class") == ()


def customers(spark: SparkSession, classes: int, positive: str = "id % 10 = 0") -> DataFrame:
    label = f"IF({positive}, 1D, 0D)" if classes == 2 else f"CAST(id % {classes} AS DOUBLE)"
    return (
        spark.range(ROWS)
        .selectExpr("*", f"{label} AS __label")
        .selectExpr(
            "*",
            f"5000 * __label + {NOISE} AS refund",
            f"800 * __label + {NOISE} AS spent",
            "IF(__label = 1, 1.5 * id, NULL) AS days_to_cancel",
            "CAST(3 - 5 * pow(__label - 1, 2) AS INT) AS status",
            "IF(id = 200, 'open', concat('closed ', __label)) AS reason",
            "concat('shop ', id % 7) AS shop",
            "concat('customer ', id) AS name",
            "IF(id % 3 = 0, NULL, 'seen') AS seen",
            "IF(id % 3 = 0, NULL, 0.5 * id) AS visits",
        )
    )


ALL = roles(("refund", "spent", "days_to_cancel", "status", "visits"), ("reason", "shop", "name", "seen"))


@pytest.mark.spark
def test_numbers_and_groups_that_tell_one_of_two_classes(spark: SparkSession) -> None:
    assert find_leaks(customers(spark, 2), ALL, "binary", "__label") == (
        Leak("refund", "the classes lie apart in it"),
        Leak("days_to_cancel", "its groups tell at least 100.0% of every class"),
        Leak("status", "the classes lie apart in it"),
    )


@pytest.mark.spark
def test_numbers_and_groups_that_tell_one_of_three_classes(spark: SparkSession) -> None:
    assert find_leaks(customers(spark, 3), ALL, "multiclass", "__label") == (
        Leak("refund", "the classes lie apart in it"),
        Leak("reason", "its groups tell at least 99.2% of every class"),
    )


@pytest.mark.spark
def test_a_rare_class_is_not_told_by_always_saying_the_other(spark: SparkSession) -> None:
    rare = customers(spark, 2, positive="id % 67 = 0")
    found = find_leaks(rare, roles(("spent", "visits"), ("shop", "name", "seen")), "binary", "__label")
    assert found == ()


@pytest.mark.spark
def test_what_happens_is_declared(spark: SparkSession) -> None:
    def check(**more: Any) -> tuple[str, ...]:
        features = Features.model_validate({"label": "churned", **more})
        seen = roles(("refund", "spent"), ("shop",))
        return check_leaks(customers(spark, 2), seen, features, "binary", "__label")

    (warning,) = check()
    assert warning == (
        "'refund' alone predicts 'churned' nearly perfectly (the classes lie apart in it). If it is filled "
        "after the label is known, write features.exclude: [refund]."
    )
    with pytest.raises(
        DataRefused,
        match=r"train: a single column predicts 'churned' nearly perfectly \('refund': the classes lie apart "
        r"in it\)\. If it is filled after the label is known, write features\.exclude: \[refund\]; if not, "
        r"features\.leakage: ignore\.",
    ):
        check(leakage="fail")
    assert check(leakage="ignore") == ()
