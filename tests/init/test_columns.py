from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import types as T

from pipeline.init.columns import looks_like, missing_spellings, profile_of, read_columns
from pipeline.init.sample import Sample
from pipeline.preprocessing.profile import Profile
from pipeline.steps.clean.inference import Found, found_by_column, values_by_column

VALUES = (
    *("1", "-2", "+3", " 4 ", "1.5", ".5", "1e3", "-2.", "true", "FALSE", "2024-01-31", "2024-2-1", "007"),
    *("2024-01-31 10:00", "2024-01-31T10:00:00Z", "2024-1-31 1:00:00.5", "2024-01-31 10:00 and more", "-01"),
    *("1234567890123456789", "yes", "NaN", "1d", "2024-02-30", "0x1F", "2024-02-30 10:00", "1,5", "١"),
)


def sample(**columns: list[str | None]) -> Sample:
    rows = max(map(len, columns.values()))
    return Sample("csv", columns, rows=rows, files=1, is_whole=True)


@pytest.mark.spark
def test_a_text_looks_here_as_it_looks_to_clean(spark: SparkSession) -> None:
    rows = spark.createDataFrame([VALUES], [f"c{place}" for place in range(len(VALUES))])
    found = found_by_column(values_by_column(rows, rows.columns), ("",))
    seen = {value: found[f"c{place}"] for place, value in enumerate(VALUES)}
    assert {value: Found(**{looks_like(value): 1}) for value in VALUES} == seen


def test_columns_are_typed_without_their_missing_values() -> None:
    columns = read_columns(sample(n=["1", "NA", "", "3"], t=["a", "NA", "b", None]), ("", "NA"))
    assert (columns["n"].type, columns["n"].values) == (T.LongType(), ("1", None, None, "3"))
    assert (columns["t"].type, columns["t"].values) == (T.StringType(), ("a", None, "b", None))


@pytest.mark.parametrize(
    ("values", "spelled"),
    [
        (["1", "NA", "3"], ("NA",)),
        (["2024-01-01", "-", "?"], ("?", "-")),
        (["true", "None"], ("None",)),
        (["north", "NA"], ()),
        (["north", "?"], ("?",)),
        (["north", "none", "N/A"], ("N/A",)),
        (["NA", "NA"], ()),
        (["1", "2"], ()),
    ],
)
def test_what_clearly_means_missing(values: list[str | None], spelled: tuple[str, ...]) -> None:
    assert missing_spellings(sample(x=values)) == spelled


def test_the_facts_of_a_column() -> None:
    columns = read_columns(
        sample(row=["3", "1", "2", "02"], size=["1.0", "1", None, "2.5"], word=["ab", "ab", "", "abcd"]),
        ("",),
    )
    assert {name: profile_of(column, 4) for name, column in columns.items()} == {
        "row": Profile(4, 4, 4, length=1.25),
        "size": Profile(4, 3),
        "word": Profile(4, 3, 2, length=8 / 3),
    }
    assert profile_of(read_columns(sample(row=["3", "1", "2"]), ())["row"], 3) == Profile(3, 3, 3, dense=True)
