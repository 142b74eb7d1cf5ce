from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from pipeline.steps.clean.inference import Found, found_by_column, type_of, values_by_column


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Found(whole=99, texts=1), "BIGINT"),
        (Found(whole=98, texts=2), "STRING"),
        (Found(whole=98, numbers=2), "DOUBLE"),
        (Found(whole=999, numbers=1), "DOUBLE"),
        (Found(whole=50, numbers=49, texts=1), "DOUBLE"),
        (Found(whole=999, names_of_digits=1), "STRING"),
        (Found(booleans=100), "BOOLEAN"),
        (Found(dates=100), "DATE"),
        (Found(moments=1, dates=99), "TIMESTAMP"),
        (Found(dates=50, texts=50), "STRING"),
        (Found(texts=1), "STRING"),
        (Found(), "STRING"),
    ],
)
def test_a_type_is_taken_when_nearly_all_values_convert(found: Found, kind: str) -> None:
    assert type_of(found) == kind


@pytest.mark.spark
def test_what_values_look_like(spark: SparkSession) -> None:
    values = {
        "whole": ["1", "-2", "+3", " 4 ", "0"],
        "numbers": ["1.5", ".5", "1e3", "-2.", "1E-3"],
        "booleans": ["true", "FALSE", "True", "false", "true"],
        "dates": ["2024-01-31", "2024-2-1", "1999-12-31", "2024-02-29", "0001-01-01"],
        "moments": [
            "2024-01-31 10:00",
            "2024-01-31T10:00:00Z",
            "2024-1-31 1:00:00.5",
            "2024-01-31 10:00",
            "2024-01-31 10:00",
        ],
        "names_of_digits": ["00123", "007", "-01", "1234567890123456789", "9999999999999999999999"],
        "texts": ["yes", "NaN", "1d", "2024-02-30", "0x1F"],
        "missing": [None, "", "NA", None, ""],
    }
    rows = spark.createDataFrame(
        list(zip(*values.values(), strict=True)), ", ".join(f"`{name}` STRING" for name in values)
    )

    found = found_by_column(values_by_column(rows, list(values)), ("", "NA"))

    assert list(found) == list(values)
    assert found == {name: Found(**({name: 5} if name != "missing" else {})) for name in values}
