from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.clean.rules import RowRule, compile_rules, state, with_results

pytestmark = pytest.mark.spark

COLUMNS = "id BIGINT, price DOUBLE, `year built` BIGINT, note STRING"


def compiled(spark: SparkSession, check: str, name: str = "rule") -> RowRule:
    source = Source.model_validate({"path": "/data/x.csv", "rules": {name: {"check": check}}})
    (rule,) = compile_rules("houses", source, spark.createDataFrame([], COLUMNS))
    return rule


def test_a_rule_knows_its_columns(spark: SparkSession) -> None:
    assert compiled(spark, "PRICE > 0 AND `year built` < 2025").columns == ("price", "year built")
    assert compiled(spark, "1 = 0").columns == ()


def test_passed_broken_unknown(spark: SparkSession) -> None:
    rows = spark.createDataFrame(
        [(1, 10.0, 0, "5"), (2, -1.0, 1, "abc"), (3, None, 1, None)],
        "id BIGINT, price DOUBLE, n BIGINT, note STRING",
    )
    checks = [
        "price > 0",
        "price / n > 0",
        "CAST(note AS INT) > 0",
        "note > 3",
        "note IS NOT NULL",
        "NULL > 1",
    ]
    rules = [compiled(spark, "true", "none")] + [
        RowRule(f"r{index}", check, "quarantine", tuple(name for name in rows.columns if name in check))
        for index, check in enumerate(checks)
    ]
    ansi = spark.conf.get("spark.sql.ansi.enabled")

    found = with_results(rows, rules).select(
        "id", *[state(index).alias(str(index)) for index in range(len(rules))]
    )

    assert [tuple(row) for row in found.orderBy("id").collect()] == [
        (1, 0, 0, 2, 0, 0, 0, 2),
        (2, 0, 1, 1, 2, 2, 0, 2),
        (3, 0, 0, 0, 0, 0, 1, 2),
    ]
    assert spark.conf.get("spark.sql.ansi.enabled") == ansi == "true"


@pytest.mark.parametrize(
    ("check", "sentence"),
    [
        (
            "price >",
            r"'sources\.houses\.rules\.rule\.check' is not valid Spark SQL near end of input in 'price >'",
        ),
        (
            "prise > 0",
            r"names 'prise', which is no column: prise > 0\. Did you mean 'price'\? Columns: id, price, year",
        ),
        ("price", r"gives DOUBLE: price\. Write a condition"),
        ("avg(price) > 1", r"looks at more than one row: avg\(price\) > 1\."),
        ("sum(price) OVER () > 1", r"looks at more than one row"),
        ("EXISTS (SELECT 1)", r"looks at more than one row"),
        ("rand() < 0.5", r"may answer differently each time: rand\(\) < 0\.5"),
        ("reflect('java.lang.Math', 'abs', id) = '1'", r"may answer differently each time"),
        ("no_such_function(price)", r"cannot be evaluated: no_such_function\(price\)\. .*no_such_function"),
        ("price[0] > 1", r"cannot be evaluated: price\[0\] > 1\."),
    ],
)
def test_a_rule_that_is_none_is_refused(spark: SparkSession, check: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        compiled(spark, check)
    assert spark.conf.get("spark.sql.ansi.enabled") == "true"


def test_the_names_of_own_rules_are_taken(spark: SparkSession) -> None:
    with pytest.raises(
        ConfigError, match=r"'type' is a rule of the pipeline's own\. Give yours another name\."
    ):
        compiled(spark, "price > 0", "type")


def test_a_refused_rule_is_told_by_its_error_alone(
    spark: SparkSession, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError):
        compiled(spark, "prise > 0")

    assert capfd.readouterr() == ("", "")
