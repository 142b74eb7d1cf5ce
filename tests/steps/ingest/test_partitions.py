from __future__ import annotations

import pytest

from pipeline.errors import DataRefused
from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.partitions import base_of, common_partitions, partition_names, validate_apart
from tests.small_project import NOON


@pytest.mark.parametrize(
    ("pattern", "base"),
    [
        ("/data/landing", "/data/landing"),
        ("/data/landing/", "/data/landing"),
        ("/data/*.csv", "/data"),
        ("s3a://lake/year=*/a/*.csv", "s3a://lake"),
        ("/data/year=2024/{a,b}.csv", "/data/year=2024"),
    ],
)
def test_folders_below_the_first_pattern_may_name_columns(pattern: str, base: str) -> None:
    assert base_of(pattern) == base


def test_the_columns_that_folders_name() -> None:
    assert partition_names("file:/d/year=2024/x/town=A=B/part.csv", "file:/d") == ("year", "town")
    assert partition_names("file:/d/year=2024/part.csv", "file:/d/year=2024") == ()
    assert partition_names("file:/d/a=b.csv", "file:/d") == ()
    assert partition_names("file:/d/part.csv", "file:/d/part.csv") == ()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("file:/d/a=1/A=2/part.csv", r"columns 1 and 2 are both called 'A'"),
        ("file:/d/_key=1/part.csv", r"column 1 is called '_key', a name the pipeline writes"),
    ],
)
def test_folders_that_cannot_name_columns(path: str, sentence: str) -> None:
    with pytest.raises(DataRefused, match=sentence):
        partition_names(path, "file:/d")


def test_a_column_stands_in_the_file_or_in_the_folder() -> None:
    validate_apart("a.csv", ("year",), ("id", "price"))
    with pytest.raises(DataRefused, match=r"a\.csv: column 'year' stands in the file and in the name of its"):
        validate_apart("a.csv", ("year",), ("id", "Year"))


def test_the_columns_of_all_folders() -> None:
    files = [
        Entry("houses", 1, 1, "a", 1, NOON, NOON, partitions=names)
        for names in (("year", "town"), ("town",), ("town", "day"))
    ]

    assert common_partitions(files) == ["town"]
