from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.preprocessing.profile import Profile, profile


@pytest.mark.spark
def test_one_job_tells_all_of_every_column(spark: SparkSession) -> None:
    rows = spark.range(40).selectExpr(
        "CAST(id + 7 AS SMALLINT) AS `a number`",
        "IF(id = 3, NULL, id * 2 DIV 1) AS even",
        "id * 3 AS third",
        "IF(id % 2 = 0, 'ab', 'abcd') AS `half``s`",
        "uuid() AS name",
        "CAST(IF(id = 0, 'NaN', '1.5') AS DOUBLE) AS size",
        "CAST(NULL AS STRING) AS never",
        "id % 2 = 0 AS flag",
    )
    assert profile(rows, rows.schema.fields) == {
        "a number": Profile(40, 40, 40, dense=True),
        "even": Profile(40, 39, 39, dense=False),
        "third": Profile(40, 40, 40),
        "half`s": Profile(40, 40, 2, length=3.0),
        "name": Profile(40, 40, 40, uuids=True, length=36.0),
        "size": Profile(40, 39, constant=True),
        "never": Profile(40, 0, constant=True),
        "flag": Profile(40, 40),
    }
    assert profile(rows, []) == {}
