from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.tuning.folds import split_of
from pipeline.tuning.judges import folds_of
from pipeline.tuning.rows import with_splits
from pipeline.tuning.splits import ResolvedSplit, resolve, stored_split

START = datetime(2013, 1, 1, tzinfo=timezone.utc)


def config(split: dict[str, Any] | None = None, folds: int = 2) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y", "event_time": "at"},
            "split": {"by": "time", **(split or {})},
            "train": {"folds": folds},
        }
    )


def frame(spark: SparkSession, kind: str = "timestamp", step: timedelta = timedelta(days=1)) -> DataFrame:
    """100 labelled rows, one a step, in no order, and a row without label and time."""
    rows = [(number, START + number * step, float(number)) for number in range(100)]
    mixed = [rows[number * 37 % 100] for number in range(100)]
    return spark.createDataFrame([*mixed, (100, None, None)], "id int, at timestamp, y double").withColumn(
        "at", F.col("at").cast(kind)
    )


@pytest.fixture
def utc(spark: SparkSession) -> SparkSession:
    session = spark.newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session


def ids(rows: DataFrame, *conditions: Column | str) -> list[list[int]]:
    """The ids of the rows that meet each condition."""
    conditions = tuple(F.expr(each) if isinstance(each, str) else each for each in conditions)
    found = rows.select("id", *[each.alias(str(place)) for place, each in enumerate(conditions)]).collect()
    return [sorted(row["id"] for row in found if row[str(place)]) for place in range(len(conditions))]


@pytest.mark.spark
def test_shares_cut_at_moments_that_the_record_keeps(utc: SparkSession, spark: SparkSession) -> None:
    rows = frame(utc)
    resolved = resolve(rows, config({"train": 0.6, "validation": 0.2, "test": 0.2})).split
    assert isinstance(resolved, ResolvedSplit)
    assert resolved.cuts is not None
    assert resolved.cuts.model_dump() == {
        "column": "at",
        "type": "timestamp",
        "validation": "2013-03-01T09:00:00Z",  # 60 rows are before it: a cut is at a whole hour here
        "test": "2013-03-21T04:00:00Z",
        "blocks": ("2013-01-20T19:00:00Z", "2013-02-09T14:00:00Z"),
        "stopping": ("2013-01-18T19:00:00Z", "2013-02-07T14:00:00Z", "2013-02-27T10:00:00Z"),
        "train_until": None,
        "validation_until": None,
        "fits_until": (),
    }
    stored = stored_split(json.loads(json.dumps(resolved.model_dump(mode="json"))))
    assert stored == resolved
    elsewhere = spark.newSession()
    elsewhere.conf.set("spark.sql.session.timeZone", "Asia/Tokyo")
    later = frame(elsewhere).union(elsewhere.sql("SELECT 500, timestamp'2013-03-20 10:00:00Z', 0D"))
    parts = [split_of(["id"], stored) == name for name in ("train", "validation", "test")]
    expected = [[*range(60)], [*range(60, 80), 500], [*range(80, 100)]]
    assert ids(later, *parts) == expected  # and the row without a time is nowhere


@pytest.mark.spark
def test_each_fold_judges_a_block_by_what_came_before_it(utc: SparkSession) -> None:
    configuration = resolve(frame(utc), config())
    rows = with_splits(frame(utc), configuration, ["id"])
    found = [ids(rows, *fold.conditions) for fold in folds_of(configuration)]
    assert found == [
        [[*range(21)], [21, 22, 23], [*range(24, 47)]],
        [[*range(44)], [44, 45, 46], [*range(47, 70)]],
    ]
    assert resolve(frame(utc).repartition(7), config()).split == configuration.split
    configuration = resolve(frame(utc), config(folds=0))
    rows = with_splits(frame(utc), configuration, ["id"])
    found = [ids(rows, *fold.conditions) for fold in folds_of(configuration)]
    assert found == [[[*range(63)], [*range(63, 70)], [*range(70, 85)]]]


@pytest.mark.spark
def test_a_gap_is_left_before_all_that_judges_and_a_window_slides(utc: SparkSession) -> None:
    configuration = resolve(frame(utc), config({"gap": "5d", "window": "sliding"}))
    rows = with_splits(frame(utc), configuration, ["id"])
    found = [ids(rows, *fold.conditions) for fold in folds_of(configuration)]
    assert found == [
        [[*range(17)], [17, 18], [*range(24, 47)]],  # rows 19 to 23 are in the five days before
        [[*range(24, 40)], [40, 41], [*range(47, 65)]],
    ]
    place = split_of(["id"], configuration.split)
    parts = ids(frame(utc), place == "train", place == "validation", place == "test")
    assert parts == [[*range(65)], [*range(70, 80)], [*range(85, 100)]]
    stored = stored_split(json.loads(json.dumps(configuration.split.model_dump(mode="json"))))
    assert stored == configuration.split
    with pytest.raises(ConfigError, match="Use a shorter split"):
        resolve(frame(utc), config({"gap": "40d"}))


@pytest.mark.spark
@pytest.mark.parametrize(
    ("kind", "test", "block"),
    [
        ("timestamp", "2013-03-20T00:00:00Z", "2013-01-26T16:00:00Z"),
        ("timestamp_ntz", "2013-03-20 00:00:00", "2013-01-26 16:00:00"),
        ("date", "2013-03-20", "2013-01-26"),
    ],
)
def test_declared_boundaries_are_taken_as_they_are(
    utc: SparkSession, kind: str, test: str, block: str
) -> None:
    rows = frame(utc, kind)
    resolved = resolve(rows, config({"boundaries": {"test": "2013-03-20"}})).split
    assert isinstance(resolved, ResolvedSplit)
    assert resolved.cuts is not None
    assert (resolved.cuts.validation, resolved.cuts.test, resolved.cuts.blocks[0]) == (None, test, block)
    place = split_of(["id"], resolved)
    assert ids(rows, place == "train", place == "test") == [[*range(78)], [*range(78, 100)]]


@pytest.mark.spark
def test_rows_that_time_cannot_cut_are_told(utc: SparkSession) -> None:
    rows = frame(utc)
    undated = rows.withColumn("at", F.when(F.col("id") != 7, F.col("at")))
    with pytest.raises(DataRefused) as refused:
        resolve(undated, config())
    assert str(refused.value) == (
        "features.event_time: 1 of 100 labelled rows have no 'at', so split.by: time cannot place them. "
        'Quarantine them with a rule such as "at IS NOT NULL", or leave them out in features.query.'
    )
    with pytest.raises(DataRefused, match="'y' has no value in any row"):
        resolve(rows.withColumn("y", F.lit(None).cast("double")), config())
    with pytest.raises(ConfigError) as wrong:
        resolve(frame(utc, step=timedelta()), config())
    assert str(wrong.value) == (
        "split.by: 'at' has too few different times: the first row is at 2013-01-01T00:00:00Z, and the "
        "last tenth of block 1 would begin at 2013-01-01T00:00:00Z; the labelled rows are from "
        "2013-01-01T00:00:00Z to 2013-01-01T00:00:00Z. "
        "Use fewer train.folds, split.boundaries, or split.by: hash."
    )
    span = "the labelled rows are from 2013-01-01T00:00:00Z to 2013-04-10T00:00:00Z"
    with pytest.raises(ConfigError, match=f"no labelled row is before 2012-06-01T00:00:00Z; {span}"):
        resolve(rows, config({"boundaries": {"validation": "2012-06-01", "test": "2013-03-01"}}))
    with pytest.raises(ConfigError, match=rf"split\.boundaries\.test is 2013-04-11T00:00:00Z, and {span}"):
        resolve(rows, config({"boundaries": {"test": "2013-04-11"}}))


@pytest.mark.spark
def test_the_time_is_a_column_of_times(utc: SparkSession) -> None:
    with pytest.raises(
        ConfigError, match=r"features\.event_time: 'at' is STRING, not a time\. Make it a DATE"
    ):
        resolve(frame(utc, "string"), config())
    with pytest.raises(
        ConfigError, match=r"there is no column 'at' in the features\. Columns there: id, y\."
    ):
        resolve(frame(utc).drop("at"), config())


def test_a_split_by_time_places_no_row_before_it_is_resolved() -> None:
    with pytest.raises(ValueError, match="resolved before"):
        split_of(["id"], config().split)
