from __future__ import annotations

import math
from dataclasses import asdict

import pytest
from pyspark.sql import SparkSession

from pipeline.preprocessing import category_statistics, number_statistics
from pipeline.preprocessing.number_statistics import Detail, NumberStatistics
from pipeline.preprocessing.roles import Role, Roles
from pipeline.preprocessing.statistics import measure, measure_each
from tests.scans import queries_of

ROLES = Roles((Role("x", "numeric", ""), Role("empty", "numeric", ""), Role("c", "categorical", "")))


@pytest.mark.spark
def test_numbers_and_categories(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [
            (1.0, None, "b"),
            (3.0, None, "a"),
            (math.nan, None, "a"),
            (math.inf, None, None),
            (None, None, "c"),
            (8.0, None, "b"),
        ],
        "x double, empty double, c string",
    )
    found = measure(rows, ROLES)
    assert found.rows == 6
    # Three values: NaN and infinity are gaps like NULL. Frequent first, equal counts by their text.
    assert found.numbers["x"] == NumberStatistics(
        6, 3, 4.0, pytest.approx(math.sqrt(13)), 1.0, 8.0, 1.0, 3.0, 8.0
    )
    assert found.numbers["empty"] == NumberStatistics(6, 6, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert found.categories == {"c": ("a", "b", "c")}


@pytest.mark.spark
def test_only_the_most_frequent_categories_keep_a_code(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(category_statistics, "CATEGORY_BOUND", 2)
    rows = spark.createDataFrame([("z",), ("z",), ("y",), ("y",), ("x",)], "c string")
    assert measure(rows, Roles((Role("c", "categorical", ""),))).categories == {"c": ("y", "z")}


@pytest.mark.spark
def test_each_condition_has_the_statistics_of_its_own_rows_from_the_same_jobs(spark: SparkSession) -> None:
    """Conditions overlap, leave rows out, and are NULL for some; what they share is counted once."""
    rows = spark.range(0, 400, numPartitions=4).selectExpr(
        "id",
        "IF(id % 7 = 0, NULL, 1e6 + (id * 7919) % 101) AS x",
        "CAST(NULL AS DOUBLE) AS empty",
        "IF(id % 5 = 0, NULL, element_at(array('a', 'b', 'c'), CAST(id % 3 AS INT) + 1)) AS c",
    )
    conditions = ["id % 2 = 0", "id < 300", "nullif(id, 3) > 396", "id < 0"]
    found = measure_each(rows, ROLES, conditions, "filling")
    assert len(found) == len(conditions)
    for statistics, condition in zip(found, conditions, strict=True):
        expected = measure(rows.where(condition), ROLES)
        assert statistics.rows == expected.rows
        assert statistics.categories == expected.categories
        assert asdict(statistics.numbers["x"]) == pytest.approx(asdict(expected.numbers["x"]), rel=1e-12)
        assert statistics.numbers["empty"] == expected.numbers["empty"]


@pytest.mark.spark
@pytest.mark.parametrize(("detail", "jobs"), [("gaps", 2), ("filling", 3), ("all", 3)])
def test_the_number_of_jobs_does_not_depend_on_that_of_the_conditions(
    spark: SparkSession, detail: Detail, jobs: int
) -> None:
    rows = spark.createDataFrame([(1.0, None, "b"), (2.0, 1.0, "a")], "x double, empty double, c string")
    for conditions in (["true"], ["x = 1", "x = 2", "x > 1", "c = 'a'"]):
        with queries_of(spark) as queries:
            measure_each(rows, ROLES, conditions, detail)
        assert queries.count == jobs


@pytest.mark.spark
def test_many_columns_are_measured_in_parts(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"n{place}" for place in range(5)]
    rows = spark.range(60).selectExpr("id", *[f"IF(id % 7 = {n}, NULL, id * {n}) AS n{n}" for n in range(5)])
    roles = Roles(tuple(Role(name, "numeric", "") for name in names))
    conditions = ["id < 20", "id > 5", "id = 12", "id = 14"]  # of 14 only the first column has a gap
    details: tuple[Detail, ...] = ("gaps", "filling")
    whole = [measure_each(rows, roles, conditions, detail) for detail in details]
    assert [[found.has_gaps for found in each] for each in whole] == [[True, True, False, True]] * 2
    monkeypatch.setattr(number_statistics, "COLUMNS_AT_ONCE", 2)
    assert [measure_each(rows, roles, conditions, detail) for detail in details] == whole


@pytest.mark.spark
def test_boosted_trees_are_told_only_whether_there_are_gaps(spark: SparkSession) -> None:
    """NaN and infinity are gaps, in whichever column they are."""
    rows = spark.createDataFrame(
        [
            (1, 1.0, 5, "b"),
            (2, math.nan, 5, "a"),
            (3, 2.0, None, None),
            (4, math.inf, 5, "a"),
            (5, 0.0, 5, "b"),
        ],
        "id int, x double, n int, c string",
    )
    roles = Roles((Role("x", "numeric", ""), Role("n", "numeric", ""), Role("c", "categorical", "")))
    conditions = ["id = 1", "id = 2", "id = 3", "id = 4", "id IN (1, 5)", "id < 3", "id < 0"]
    found = measure_each(rows, roles, conditions, "gaps")
    assert [each.has_gaps for each in found] == [False, True, True, True, False, True, False]
    assert [each.rows for each in found] == [1, 1, 1, 1, 2, 2, 0]
    assert found[5].categories == {"c": ("a", "b")}
    assert [each.numbers for each in found] == [{}] * len(conditions)
    only_texts = measure_each(rows, Roles(roles.all[2:]), ["true"], "gaps")
    assert [(each.rows, each.has_gaps) for each in only_texts] == [(5, False)]
