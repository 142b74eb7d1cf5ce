from __future__ import annotations

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.config.split import Split
from pipeline.tuning.folds import fold_of, inner_validation_of, split_of

ROWS = 4_000


def placed(rows: DataFrame, split: Split) -> dict[str, tuple[str, int, bool]]:
    found = rows.select(
        "key",
        split_of(["key"], split).alias("split"),
        fold_of(["key"], split, 3).alias("fold"),
        inner_validation_of(["key"], split).alias("inner"),
    ).collect()
    return {row["key"]: (row["split"], row["fold"], row["inner"]) for row in found}


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    return spark.range(ROWS).selectExpr("concat('row ', id) AS key")


@pytest.mark.spark
def test_a_row_stays_where_it_is_whatever_the_partitioning_and_whatever_else_arrives(rows: DataFrame) -> None:
    some = placed(rows.where("key < 'row 5'").repartition(7), Split())
    everything = placed(rows.repartition(1), Split())
    assert some == {key: everything[key] for key in some}


@pytest.mark.spark
def test_the_type_of_the_key_does_not_matter_its_text_does(spark: SparkSession) -> None:
    numbers = spark.range(50)
    whole = placed(numbers.selectExpr("id AS key"), Split())
    short = placed(numbers.selectExpr("CAST(id AS INT) AS key"), Split())
    text = placed(numbers.selectExpr("CAST(id AS STRING) AS key"), Split())
    assert list(whole.values()) == list(short.values()) == list(text.values())


@pytest.mark.spark
def test_the_salt_moves_rows_and_the_shares_are_kept(rows: DataFrame) -> None:
    split = Split(train=0.6, validation=0.1, test=0.3)
    one = placed(rows, split)
    other = placed(rows, split.model_copy(update={"salt": "other"}))
    assert sum(one[key][0] != other[key][0] for key in one) > ROWS / 4
    for name, share in {"train": 0.6, "validation": 0.1, "test": 0.3}.items():
        assert sum(place[0] == name for place in one.values()) == pytest.approx(share * ROWS, rel=0.15)


@pytest.mark.spark
def test_folds_are_even_and_independent_of_the_split(rows: DataFrame) -> None:
    found = placed(rows, Split()).values()
    training = [place for place in found if place[0] == "train"]
    for fold in range(3):
        assert sum(place[1] == fold for place in training) == pytest.approx(len(training) / 3, rel=0.1)
    assert sum(place[2] for place in training) == pytest.approx(len(training) / 10, rel=0.25)


@pytest.mark.spark
def test_a_group_stays_together_and_a_row_without_one_goes_by_its_key(rows: DataFrame) -> None:
    number = "CAST(substring(key, 5) AS INT)"
    grouped = rows.selectExpr("key", f"IF({number} < 3000, {number} % 100, NULL) AS who", "1 AS zone")
    found = placed(grouped, Split(by="group", group=("who",)))
    alone = placed(rows, Split())
    places: dict[int, set[tuple[str, int, bool]]] = {}
    for key, place in found.items():
        if int(key[4:]) < 3000:
            places.setdefault(int(key[4:]) % 100, set()).add(place)
        else:
            assert place == alone[key]
    assert {len(each) for each in places.values()} == {1}
    assert {place[0] for each in places.values() for place in each} == {"train", "validation", "test"}


@pytest.mark.spark
def test_columns_of_ones_own_say_part_and_fold(spark: SparkSession) -> None:
    said = [("a", "train", 0), ("b", "train", 2), ("c", "train", 3), ("d", "test", None), ("e", "Test", 1)]
    rows = spark.createDataFrame([*said, ("f", None, -1)], "key string, part string, fold int")
    found = placed(rows, Split(by="column", column="part", fold_column="fold"))
    assert {key: place[:2] for key, place in found.items()} == {
        "a": ("train", 0),
        "b": ("train", 2),
        "c": ("train", None),
        "d": ("test", None),
        "e": (None, 1),
        "f": (None, None),
    }
