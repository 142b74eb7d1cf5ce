from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.steps.features.transforms import feature_rows, validate_key, validate_unique, with_row_hash


def config(**features: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"houses": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "price", **features},
        }
    )


@pytest.fixture
def session(spark: SparkSession) -> SparkSession:
    return spark.newSession()


@pytest.mark.spark
def test_the_only_source_without_its_provenance_and_derived_columns_in_order(session: SparkSession) -> None:
    silver = session.createDataFrame(
        [(1, 10.0, 2.0, "file", 1)], "id int, price double, size double, _source_file string, _batch_id int"
    )
    derive = {"half": "size / 2", "quarter": "half / 2"}
    found = feature_rows(session, {"houses": silver}, config(derive=derive))
    assert found.columns == ["id", "price", "size", "half", "quarter"]
    assert [tuple(row) for row in found.collect()] == [(1, 10.0, 2.0, 1.0, 0.5)]


@pytest.mark.spark
def test_views_stay_in_the_session_of_the_step(spark: SparkSession, session: SparkSession) -> None:
    feature_rows(session, {"houses": session.range(1).selectExpr("id", "1.0 AS price")}, config())
    assert session.catalog.tableExists("houses")
    assert not spark.catalog.tableExists("houses")


@pytest.mark.spark
@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        (
            {"query": "SELECT nope FROM houses"},
            r"features\.query: there is no column 'nope'\. Columns there, the nearest first: id",
        ),
        ({"query": "SELECT * FROM elsewhere"}, r"features\.query: there is no table 'elsewhere'"),
        ({"query": "SELECT *, id FROM houses"}, r"features\.query gives the column 'id' more than once"),
        (
            {"derive": {"x": "sqrt(nope)"}},
            r"features\.derive\.x: there is no column 'nope'\. Columns there, the nearest first: ",
        ),
    ],
)
def test_sql_that_spark_does_not_accept_is_one_sentence(
    session: SparkSession, features: dict[str, Any], sentence: str
) -> None:
    silver = session.range(1).selectExpr("id", "1.0 AS price")
    with pytest.raises(ConfigError, match=sentence) as caught:
        feature_rows(session, {"houses": silver}, config(**features))
    assert "\n" not in str(caught.value)


@pytest.mark.spark
def test_key_and_label_must_be_there_and_the_key_must_name_one_row(session: SparkSession) -> None:
    rows = session.createDataFrame([(1, 1.0), (2, 1.0), (2, 2.0)], "id int, price double")
    validate_key(rows, ["id"], config())
    with pytest.raises(
        ConfigError, match=r"features\.key: there is no column 'nope' in the rows\. Columns: id, price"
    ):
        validate_key(rows, ["nope"], config())
    with pytest.raises(ConfigError, match=r"features\.label: there is no column 'price'"):
        validate_key(rows.drop("price"), ["id"], config())
    with pytest.raises(DataRefused, match="2 rows have the key id=2; a key names one row"):
        validate_unique(rows, ["id"])
    validate_unique(rows, ["id", "price"])
    with pytest.raises(DataRefused, match="1 rows have the key id=None"):
        validate_unique(session.createDataFrame([(None,)], "id int"), ["id"])


@pytest.mark.spark
def test_the_row_hash_tells_every_change_and_null_from_empty(session: SparkSession) -> None:
    rows = session.createDataFrame(
        [(1, None, "x"), (1, "", "x"), (1, "x", None), (1, None, "x")], "id int, a string, b string"
    )
    hashes = [row["_row_hash"] for row in with_row_hash(rows, ["id"], 3).collect()]
    assert len(set(hashes)) == 3
    assert hashes[0] == hashes[3]
    assert with_row_hash(rows.select("b", "id"), ["id"], 3).columns == ["id", "b", "_row_hash", "_batch_id"]
