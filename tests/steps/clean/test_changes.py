from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql.types import DoubleType, LongType, StringType, StructType

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.clean.changes import Change, changed_sentence, find_changes, validate_from_now
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.settings import settings_text

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("spark")]  # types are read by Spark

RULE = {"check": "price > 0"}
BASE: dict[str, Any] = {"path": "a.csv", "key": ["id"], "rules": {"positive": RULE}}
CONTRACT = Contract(
    StructType().add("id", LongType()).add("Sale Price", DoubleType()).add("note", StringType()), ("id",)
)


def changed(**settings: Any) -> list[str]:
    """What is told of a source that was cleaned as BASE and now has these settings, too."""
    before = settings_text(Source.model_validate(BASE))
    now = Source.model_validate({**BASE, **settings})
    return [change.told("s") for change in find_changes(before, now, CONTRACT)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"path": "b.csv", "batch_size": "1g", "max_quarantined": 0.5, "options": {"sep": ";"}},
        {"types": {"sale price": "double", "NOTE": "STRING"}},
        {"schema": "id LONG, note STRING, `Sale Price` DOUBLE"},
        {"key": ["ID"]},
        {"rules": {"positive": {**RULE, "on_failure": "quarantine"}}},
        {"deduplicate": {"order_by": "_ingested_at"}},
        {"on_missing_column": "null", "on_new_column": "add", "types": {"to_come": "DATE"}},
    ],
)
def test_what_makes_no_other_rows_never_asks(settings):
    assert changed(**settings) == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"rules": {"positive": {"check": "price > 1", "on_failure": "drop"}}},
            [
                '\'sources.s.rules.positive.check\' (was "price > 0", is "price > 1")',
                '\'sources.s.rules.positive.on_failure\' (was "quarantine", is "drop")',
            ],
        ),
        ({"rules": {}}, ["'sources.s.rules.positive' (taken away)"]),
        ({"rules": {"positive": RULE, "high": {"check": "a < 9"}}}, ["'sources.s.rules.high' (new)"]),
        ({"types": {"Sale Price": "STRING"}}, ["'sources.s.types.Sale Price' (new)"]),
        ({"types": {"other": "STRING"}}, ["'sources.s.types.other' (new)"]),
        ({"key": ["id", "note"]}, ['\'sources.s.key\' (was ["id"], is ["id", "note"])']),
        ({"key": None}, ["'sources.s.key' (taken away)"]),
        ({"nulls": ["NA"]}, ['\'sources.s.nulls\' (was [""], is ["NA"])']),
        (
            {"deduplicate": {"order_by": "x"}},
            ['\'sources.s.deduplicate.order_by\' (was "_ingested_at", is "x")'],
        ),
    ],
)
def test_what_makes_other_rows_is_told_by_its_key(settings, told):
    assert changed(**settings) == told


def test_types_that_are_no_longer_written_stay_as_the_contract_has_them():
    before = settings_text(Source.model_validate({**BASE, "types": {"note": "STRING"}}))
    assert find_changes(before, Source.model_validate(BASE), CONTRACT) == ()


def test_without_earlier_rows_nothing_changed():
    source = Source.model_validate({**BASE, "nulls": ["NA"]})
    assert find_changes(None, source, CONTRACT) == ()
    assert find_changes(settings_text(Source.model_validate(BASE)), source, None) == ()


def test_a_key_that_an_older_version_did_not_know_counts_as_its_default():
    before = '{"key": ["id"], "rules": {"positive": {"check": "price > 0", "on_failure": "quarantine"}}}'
    assert find_changes(before, Source.model_validate(BASE), CONTRACT) == ()
    with_nulls = Source.model_validate({**BASE, "nulls": ["NA"]})
    assert [change.path for change in find_changes(before, with_nulls, CONTRACT)] == ["nulls"]


def test_the_choice_is_what_the_change_allows():
    source = Source.model_validate(BASE)
    rule, kind = Change("rules.high", None, {}), Change("types.note", None, "INT")

    assert changed_sentence("s", source, [rule], "batch 6") == (
        "configuration: 'sources.s.rules.high' (new) is not what silver_s was made by, since batch 6. "
        "Decide: `pipeline clean --full-refresh` makes silver_s anew from all of bronze_s; `pipeline clean "
        "--from-now` leaves its rows as they are and cleans what comes next by the new settings. `pipeline "
        "run` takes the same option."
    )
    assert changed_sentence("s", source, [rule, kind], "batch 6").endswith(
        "Put it back, or decide: `pipeline clean --full-refresh` makes silver_s anew from all of bronze_s. "
        "`pipeline run` takes the same option."
    )
    validate_from_now("s", source, [rule])
    with pytest.raises(
        ConfigError,
        match=r"--from-now cannot take 'sources\.s\.types\.note' \(new\): rows of both kinds do not fit into "
        r"one silver_s\. Put it back, or use --full-refresh\.",
    ):
        validate_from_now("s", source, [rule, kind])


@pytest.mark.parametrize("path", ["key", "schema", "types.x", "columns.x.rename"])
def test_what_belongs_to_the_contract(path):
    assert Change(path, None, 1).is_of_the_contract
    assert not Change("rules.key.check", None, 1).is_of_the_contract
