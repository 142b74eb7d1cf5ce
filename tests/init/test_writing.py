from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import types as T

from pipeline.init.writing import writing_of

NUMBER, DAY, MOMENT = T.DoubleType(), T.DateType(), T.TimestampType()


@pytest.mark.parametrize(
    ("values", "cleaning", "kind", "plain"),
    [
        (["1,5", "2", "-0,25"], {"decimal": ","}, NUMBER, ["1.5", "2", "-0.25"]),
        (["1.234,50", "7"], {"thousands": ".", "decimal": ","}, NUMBER, ["1234.50", "7"]),
        (["1.234", "1.234.567"], {"thousands": "."}, NUMBER, ["1234", "1234567"]),
        (["1,234.5", "12"], {"thousands": ","}, NUMBER, ["1234.5", "12"]),
        (["31.01.2024", "05.11.2023"], {"formats": ["dd.MM.yyyy"]}, DAY, ["2024-01-31", "2023-11-05"]),
        (["31.1.2024", "5.11.2023"], {"formats": ["d.M.yyyy"]}, DAY, ["2024-01-31", "2023-11-05"]),
        (["01/31/2024", "11/05/2023"], {"formats": ["MM/dd/yyyy"]}, DAY, ["2024-01-31", "2023-11-05"]),
        (["31.01.2024"] * 98 + ["31.02.2024"], {"formats": ["dd.MM.yyyy"]}, DAY, None),
        (["2024/01/31"], {"formats": ["yyyy/MM/dd"]}, DAY, ["2024-01-31"]),
        (["31-01-2024"], {"formats": ["dd-MM-yyyy"]}, DAY, ["2024-01-31"]),
        (["31.01.2024 10:05"], {"formats": ["dd.MM.yyyy HH:mm"]}, MOMENT, ["2024-01-31 10:05"]),
        (["1/31/2024 10:05:01"], {"formats": ["M/d/yyyy HH:mm:ss"]}, MOMENT, ["2024-01-31 10:05:01"]),
    ],
)
def test_how_other_countries_write(values: list[str], cleaning: Any, kind: Any, plain: Any) -> None:
    found = writing_of(values)
    assert found is not None
    assert (dict(found.cleaning), found.type) == (cleaning, kind)
    if plain is not None:
        assert [found.plain(value) for value in values] == plain


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["1,234", "5,678"],  # thousands, or fractions
        ["1.234"],
        ["1,5", "x"],
        ["1,5", "1.5"],
        ["01/02/2024", "03/04/2024"],  # January or February
        ["2024-01-31"],  # read without help
        ["31.02.2024"],
        ["31.01.2024", "31/01/2024"],
        ["31.01.24"],
        ["2024-01-31T10:00"],
        ["31.01.2024T10:00"],
        ["one"],
    ],
)
def test_what_is_not_told_is_left_to_people(values: list[str]) -> None:
    assert writing_of(values) is None
