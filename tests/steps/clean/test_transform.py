from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.errors import PipelineError
from pipeline.steps.clean.contract import Contract, columns_of
from pipeline.steps.clean.transform import transformed
from pipeline.steps.clean.user_code import UserFunction

pytestmark = pytest.mark.spark

WHERE = "pipeline.yaml:9: 'sources.houses.transform'"
MODULE = """\
import units
from pyspark.sql import functions as F
from pyspark.sql.functions import udf

HELPED = udf(lambda value: units.larger(value), "double")


@udf("int")
def failing(value):
    return 1 // (value - 2)


def houses(df, settings):
    return {body}
"""
HELPER = "def larger(value):\n    return value * 10\n"


def work(folder: Path, body: str, settings: dict[str, Any] | None = None) -> Any:
    (folder / "mend.py").write_text(MODULE.replace("{body}", body))
    (folder / "units.py").write_text(HELPER)
    return SimpleNamespace(
        transform=UserFunction("mend:houses", folder, WHERE),
        contract=Contract(columns_of("id INT, price DOUBLE"), ("id",)),
        order_by="_ingested_at",
        source=SimpleNamespace(transform_settings=settings or {}),
    )


@pytest.fixture(scope="module")
def winners(spark: SparkSession) -> DataFrame:
    rows = spark.createDataFrame([(1, 1.5), (2, 2.5), (3, 3.5)], "id INT, price DOUBLE").coalesce(1)
    return rows.selectExpr(
        "*", "'a' AS _source_file", "1L AS _batch_id", "timestamp_seconds(0) AS _ingested_at"
    )


def test_without_a_function_the_rows_stay_as_they_are(winners: DataFrame) -> None:
    with transformed(winners, SimpleNamespace(transform=None, contract=None)) as found:  # type: ignore[arg-type]
        assert (found.rows, found.terms) == (winners, {})


def test_keys_lost_and_added_are_counted_and_helpers_travel_to_the_workers(
    winners: DataFrame, tmp_path: Path
) -> None:
    body = """(
        df.where("id > 1")
        .unionByName(df.where("id = 1").withColumn("id", F.lit(settings["id"])))
        .withColumn("larger", HELPED("price"))
    )"""

    with transformed(winners, work(tmp_path, body, {"id": 9})) as found:
        rows = sorted(tuple(row) for row in found.rows.select("id", "larger").collect())
        assert found.rows.storageLevel.useMemory

    assert rows == [(2, 25.0), (3, 35.0), (9, 15.0)]
    assert found.terms == {"lost": 1, "added": 1}
    assert not found.rows.storageLevel.useMemory


MISTAKES = [
    (
        "df.drop('_batch_id')",
        "the rows of mend:houses lack the column '_batch_id', which silver needs. Columns: ",
        2,
    ),
    (
        "df.withColumn('id', F.lit('x'))",
        "mend:houses makes 'id' STRING, which was INT. Leave it as it is.",
        2,
    ),
    (
        "df.unionAll(df)",
        "mend:houses gives several rows for 3 keys (id). Give one row per key. Nothing was written.",
        3,
    ),
    (
        "df.withColumn('id', F.when(df.id > 1, df.id))",
        "mend:houses gives 1 rows without a value in the key (id). Give one row per key.",
        3,
    ),
    (
        "df.withColumn('price', failing('id'))",
        "mend:houses failed in {folder}/mend.py:10: ZeroDivisionError: integer division or modulo by zero.",
        2,
    ),
    ("df.select('nope')", "mend:houses failed in {folder}/mend.py:14: ", 2),
    ("df.where(F.expr('CAST(_source_file AS INT) > 1'))", "mend:houses failed: ", 2),
]


def test_a_mistake_is_told_before_anything_is_written(winners: DataFrame, tmp_path: Path) -> None:
    for body, sentence, exit_code in MISTAKES:
        with pytest.raises(PipelineError) as refused, transformed(winners, work(tmp_path, body)):
            pass
        said = str(refused.value)
        assert said.startswith(f"{WHERE}: {sentence.format(folder=tmp_path)}")
        assert (body, refused.value.exit_code) == (body, exit_code)
        assert len(said) < 500
