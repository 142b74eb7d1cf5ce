from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Lake, Ledger
from tests.doubles import Listener

pytestmark = pytest.mark.spark

Make = Callable[..., Any]


MALFORMED = (
    "the record has more or fewer fields than its header, a quote that does not close, or broken letters"
)


def test_rows_are_typed_and_bad_ones_kept_with_their_reasons(make_project: Make) -> None:
    project = make_project(
        key=["id"],
        types={"price": "DOUBLE"},
        nulls=["", "NA"],
        rules={"positive": {"check": "price > 0"}},
        max_quarantined=1,
    )
    project.land(
        "a.csv",
        "id,price,sold,note",
        "1,10,2024-01-31,00123",
        "2,abc,2024-01-31,x",
        "3,-5,,y",
        "4,NA,2024-02-01,",
        ",7,2024-02-01,z",
        "6,8",
        "x7,9,2024-02-01,-1",
    )

    result = project.clean()

    assert result.pinned == {"houses": "`id` STRING, `price` DOUBLE, `sold` DATE, `note` STRING"}
    assert project.rows("silver_houses", "id", "price", "note", "_batch_id") == [
        ("1", 10.0, "00123", 1),
        ("4", None, None, 1),
        ("x7", 9.0, "-1", 1),
    ]
    assert project.errors("id", "price", "sold", "note", "_batch_id", "_corrupt_record") == [
        ("2", "abc", "2024-01-31", "x", 1, None, [("type", "price", "'abc' is no DOUBLE")]),
        ("3", "-5", None, "y", 1, None, [("positive", "price", "price > 0 is false: price = -5.0")]),
        (
            "6",
            "8",
            None,
            None,
            1,
            "6,8",
            [
                (
                    "malformed",
                    "_corrupt_record",
                    MALFORMED,
                )
            ],
        ),
        (None, "7", "2024-02-01", "z", 1, None, [("key", "id", "id is missing, and part of the key")]),
    ]
    assert project.ledger(1) == {
        "read": 7,
        "malformed": 1,
        "quarantined": 3,
        "inserted": 3,
        "quarantined.type": 1,
        "quarantined.key": 1,
        "quarantined.positive": 1,
    }
    assert (result.verdict, result.changed, result.tables) == (
        "done",
        True,
        {"bronze_houses": 0, "silver_houses": 0, "quarantine_houses": 0},
    )


def test_types_are_found_pinned_and_used_from_then_on(make_project: Make) -> None:
    project = make_project(key=["id"], max_quarantined=1, on_missing_column="null")
    project.land(
        "a.csv",
        "id,price,code,when,open",
        "1,1.5,007,2024-01-31 10:00,true",
        "2,2,010,2024-02-01T11:00,false",
    )
    first, listener = Listener(), Listener()
    project.clean(progress=first)
    project.land("b.csv", "id,extra,price", "3,x,text", "4,y,8")

    project.clean(progress=listener)

    frame = project.spark.read.format("delta").load(str(project.lake / "silver_houses"))
    assert frame.dtypes == [
        ("id", "bigint"),
        ("price", "double"),
        ("code", "string"),
        ("when", "timestamp"),
        ("open", "boolean"),
        ("_source_file", "string"),
        ("_batch_id", "bigint"),
        ("_ingested_at", "timestamp"),
    ]
    assert project.rows("silver_houses", "id", "price", "code", "open", "_batch_id") == [
        (1, 1.5, "007", True, 1),
        (2, 2.0, "010", False, 1),
        (4, 8.0, None, None, 2),
    ]
    assert first.said == [
        "clean: houses has 5 columns (1 BIGINT, 1 DOUBLE, 1 STRING, 1 TIMESTAMP, 1 BOOLEAN), key: id; pinned"
    ]
    assert listener.said == [
        "clean: houses: columns that the contract lacks stay in bronze: extra",
    ]


def test_each_rule_does_what_it_says(make_project: Make) -> None:
    project = make_project(
        key=["id"],
        rules={
            "dropped": {"check": "price < 1000", "on_failure": "drop"},
            "warned": {"check": "price < 100", "on_failure": "warn"},
            "unknown": {"check": "100 / price > 1", "on_failure": "warn"},
        },
        max_quarantined=1,
    )
    project.land("a.csv", "id,price", "1,10", "2,200", "3,2000", "4,0", "5,")
    listener = Listener()

    project.clean(progress=listener)

    assert project.rows("silver_houses", "id", "price") == [(1, 10), (2, 200), (5, None)]
    assert project.errors("id") == [
        ("4", [("unknown", "price", "100 / price > 1 cannot be evaluated: price = 0")]),
    ]
    assert project.ledger(1) == {
        "read": 5,
        "quarantined": 1,
        "dropped": 1,
        "inserted": 3,
        "quarantined.unknown": 1,
        "dropped.dropped": 1,
        "warned.warned": 1,
        "warned.unknown": 1,
    }
    assert listener.said[1:] == [
        "clean: 1 rows of batch 1 of houses break 'warned'; they stay",
        "clean: 1 rows of batch 1 of houses break 'unknown'; they stay",
    ]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (
            {"check": "price > 0"},
            r"clean refused batch 2 of houses: 2 of 3 rows \(67 %\) break 'positive'; sources\.h",
        ),
        (
            {"check": "price > 0", "on_failure": "fail"},
            r"batch 2 of houses: 2 of 3 rows \(67 %\) break 'positive' \(price > 0\), whose on_fai",
        ),
    ],
)
def test_a_refused_batch_leaves_every_table_as_it_was(
    make_project: Make, rule: dict[str, str], sentence: str
) -> None:
    project = make_project(key=["id"], rules={"positive": rule}, max_quarantined=0.5)
    project.land("a.csv", "id,price", "1,10")
    project.clean()
    project.land("b.csv", "id,price", "2,20", "3,-1", "4,-1")
    before = project.versions()

    with pytest.raises(DataRefused, match=sentence):
        project.clean()

    assert project.versions() == before


def test_a_refused_first_batch_pins_nothing(make_project: Make) -> None:
    project = make_project(key=["id"], types={"price": "DOUBLE"})
    project.land("a.csv", "id,price", "1,10", "2,x", "3,y", "4")

    with pytest.raises(
        DataRefused,
        match=r"3 of 4 rows \(75 %\) are bad: 2 have a wrong type in price \('x' is no DOUBLE\), 1 are",
    ):
        project.clean()

    assert set(project.versions()) == {"manifest", "bronze_houses", "ledger"}


def test_nothing_new_moves_no_table(make_project: Make) -> None:
    project = make_project(key=["id"])
    assert project.clean().changed is False
    project.land("a.csv", "id,price", "1,10")
    project.clean()
    before = project.versions()

    again = project.clean()

    assert (again.verdict, again.changed, again.rows) == ("nothing new", False, {})
    assert again.tables == {"bronze_houses": 0, "silver_houses": 0}
    assert project.versions() == before


MISTAKES = [
    (
        {"key": ["ids"]},
        r"'sources\.houses\.key' names 'ids', which houses does not have\. Did you mean 'id'\? Columns",
    ),
    (
        {"types": {"prise": "DOUBLE"}},
        r"'sources\.houses\.types' names 'prise', which houses does not have\. Did you",
    ),
    (
        {"deduplicate": {"order_by": "at"}},
        r"'sources\.houses\.deduplicate\.order_by' names 'at', which houses does",
    ),
    (
        {"rules": {"r": {"check": "zzz > 0"}}},
        r"'sources\.houses\.rules\.r\.check' names 'zzz', which is no column",
    ),
    (
        {"schema": "id BIGINT NOT NULL"},
        r"says NOT NULL for id\. Write a rule instead: \{check: '`id` IS NOT NULL'\}",
    ),
]
CHANGES = [
    (
        {"types": {"price": "STRING"}},
        r"'sources\.houses\.types\.price' \(new\) is not what silver_houses was made by, since batch 1\. Put",
    ),
    (
        {"key": ["price"]},
        r"'sources\.houses\.key' \(was \[\"id\"\], is \[\"price\"\]\) is not what silver_houses was made by",
    ),
    (
        {"key": None},
        r"'sources\.houses\.key' \(taken away\).* Put it back, or decide: `pipeline clean --full",
    ),
]


def test_mistakes_are_found_before_anything_is_written(make_project: Make) -> None:
    project = make_project()
    project.land("a.csv", "id,price", "1,10")
    before, right = project.versions(), project.source

    for mistake, sentence in MISTAKES:
        project.source = {**right, **mistake}
        with pytest.raises(ConfigError, match=sentence):
            project.clean()

    assert project.versions() == before


def test_silver_is_not_mixed_from_two_contracts(make_project: Make) -> None:
    project = make_project(key=["id"])
    project.land("a.csv", "id,price", "1,10")
    project.clean()
    project.land("b.csv", "id,price", "2,20")
    right = project.source

    for change, sentence in CHANGES:
        project.source = {**right, **change}
        with pytest.raises(ConfigError, match=sentence):
            project.clean()


def test_a_rule_that_ends_the_job_is_told_in_a_sentence(make_project: Make) -> None:
    rules = {
        "number": {"check": "to_number(note, '999') > 1"},
        "highest": {"check_batch": "max(to_number(note, '999')) > 1"},
    }
    project = make_project(key=["id"], rules=rules, max_quarantined=1)
    project.land("a.csv", "id,note", "1,abc", "2,5")

    with pytest.raises(DataRefused, match=r"clean refused batch 1 of houses: a rule ends the job: "):
        project.clean()

    rules["highest"] = {"check_batch": "count(*) > 1", "on_failure": "warn"}
    listener = Listener()
    project.clean(progress=listener)
    assert project.errors("id") == [
        ("1", [("number", "note", "to_number(note, '999') > 1 cannot be evaluated: note = abc")])
    ]
    assert listener.said[1:] == [
        "clean: batch 1 of houses: 'highest' (count(*) > 1) is false: count(*) = 1; it stays"
    ]
    (entry,) = Ledger(Lake(project.spark, str(project.lake))).entries("clean", "houses")
    assert entry.details["rule.highest"] == "count(*) = 1: false"


def test_a_batch_of_empty_files_is_a_batch(make_project: Make) -> None:
    project = make_project(key=["id"])
    project.land("a.csv", "id,price", "1,10")
    project.clean()
    (project.files / "b.csv").write_text("")
    project.land("c.csv", "id,price")

    result = project.clean()

    assert (result.changed, result.rows["read"]) == (True, 0)
    assert project.rows("silver_houses", "id") == [(1,)]
    assert project.clean().changed is False
