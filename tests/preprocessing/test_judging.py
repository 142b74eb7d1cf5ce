from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark.sql import types as T

from pipeline.preprocessing.judging import derivation, is_named_like_an_id, judge, judge_other
from pipeline.preprocessing.profile import Profile
from pipeline.preprocessing.role import Role

LONG, TEXT, DOUBLE = T.LongType(), T.StringType(), T.DoubleType()
FULL = Profile(1_000, 1_000)


@pytest.mark.parametrize(
    ("name", "kind", "seen", "role", "why"),
    [
        ("x", DOUBLE, FULL, "numeric", "DOUBLE"),
        ("x", T.BooleanType(), replace(FULL, values=900), "numeric", "BOOLEAN"),
        ("x", LONG, replace(FULL, distinct=5), "numeric", "BIGINT"),
        ("x", LONG, replace(FULL, distinct=990), "numeric", "BIGINT"),
        ("x", DOUBLE, replace(FULL, values=900, constant=True), "numeric", "DOUBLE"),
        ("x", LONG, replace(FULL, distinct=990, dense=True), "excluded", "looks like a row number: nearly"),
        ("x", LONG, Profile(19, 19, 19, dense=True), "numeric", "BIGINT"),
        ("x_id", LONG, replace(FULL, distinct=990), "excluded", "an id: named like one, and another whole"),
        ("x_id", LONG, replace(FULL, distinct=500), "numeric", "BIGINT, though named like an id: declare a"),
        ("x_id", DOUBLE, FULL, "numeric", "DOUBLE"),
        ("x", DOUBLE, replace(FULL, constant=True), "excluded", "the same value in every row"),
        ("x", TEXT, replace(FULL, distinct=1, constant=True), "excluded", "the same value in every row"),
        ("x", TEXT, Profile(1_000, 900, 1, constant=True), "categorical", "STRING with about 1 values"),
        ("x", DOUBLE, Profile(1_000, 0), "excluded", "no value in any row"),
        ("x", DOUBLE, Profile(1_000, 9), "excluded", "missing in 99.10% of the rows"),
        ("x", DOUBLE, Profile(1_000, 10), "numeric", "DOUBLE"),
        ("x", TEXT, replace(FULL, distinct=100), "categorical", "STRING with about 100 values"),
        ("x", TEXT, replace(FULL, distinct=100, length=99), "categorical", "STRING with about 100 values"),
        ("x", TEXT, replace(FULL, distinct=101), "excluded", "text with about 101 values; declare it"),
        (
            "x",
            TEXT,
            replace(FULL, distinct=101, length=99),
            "excluded",
            "free text: 99 characters on average",
        ),
        ("x", TEXT, replace(FULL, distinct=900), "excluded", "text that differs in almost every row (about"),
        ("x", TEXT, replace(FULL, distinct=50, uuids=True), "excluded", "an id: UUIDs, about 50 values"),
        ("x", TEXT, Profile(19, 19, 19), "categorical", "STRING with about 19 values"),
        ("x", TEXT, Profile(20_000, 20_000, 1_000), "categorical", "STRING with about 1,000 values"),
        ("x", TEXT, Profile(20_000, 20_000, 1_001), "excluded", "text with about 1,001 values; declare it"),
    ],
)
def test_type_name_and_profile_decide(
    name: str, kind: T.DataType, seen: Profile, role: str, why: str
) -> None:
    judged = judge(T.StructField(name, kind), seen)
    assert judged.kind == role
    assert judged.why.startswith(why)


@pytest.mark.parametrize(
    ("kind", "called", "such_as"),
    [
        (T.DateType(), "DATE", '{signup_year: "year(signup)"}'),
        (T.TimestampType(), "TIMESTAMP", '{signup_hour: "hour(signup)"}'),
        (T.ArrayType(LONG), "ARRAY<BIGINT>", '{signup_size: "size(signup)"}'),
        (T.StructType([T.StructField("a", LONG)]), "STRUCT<A:BIGINT>", ""),
    ],
)
def test_what_is_no_feature_comes_with_what_would_make_it_one(
    kind: T.DataType, called: str, such_as: str
) -> None:
    more = f", such as derive: {such_as}" if such_as else ""
    expected = Role("signup", "excluded", f"{called}: derive a number or a text from it{more}")
    assert judge_other(T.StructField("signup", kind)) == expected


def test_a_derivation_quotes_a_name_that_sql_would_not_read() -> None:
    assert (
        derivation(T.StructField("Date d'achat", T.DateType()))
        == '{Date_d_achat_year: "year(`Date d\'achat`)"}'
    )


@pytest.mark.parametrize(
    "name", ["id", "ID", "order_id", "Order ID", "customerId", "customerID", "row_key", "uuid"]
)
def test_names_of_ids(name: str) -> None:
    assert is_named_like_an_id(name)


@pytest.mark.parametrize("name", ["paid", "width", "humidity", "grid", "monkey", "idle", "Turkey", "PAID"])
def test_names_that_only_end_alike(name: str) -> None:
    assert not is_named_like_an_id(name)
