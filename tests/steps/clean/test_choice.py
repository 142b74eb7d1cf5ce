from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from pipeline.lake import Lake, Txn
from pipeline.steps.clean.choice import ANY, Choice, Selection, select

SCHEMA = "id INT, _batch_id BIGINT, _errors ARRAY<STRUCT<rule: STRING, column: STRING, message: STRING>>"


def test_a_choice_is_named_as_it_was_made() -> None:
    assert ANY.words(None) == "any source"
    assert Choice(3, "cheap").words("houses") == "source houses, batch 3, rule 'cheap'"


def test_a_selection_comes_back_from_the_texts_it_was_frozen_as() -> None:
    for choice in (ANY, Choice(3, "cheap", ("once", "it, too"))):
        selection = Selection(choice, version=4, rows=7, others=2, first=1, last=9)
        assert Selection.of(selection.details) == selection
        assert choice.is_of(selection.details)
        assert not Choice(9, "cheap").is_of(selection.details)


@pytest.mark.spark
def test_rows_are_selected_by_batch_and_rule_and_the_others_of_their_batches_stay(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path))
    cheap, once = ("cheap", "price", "price = 1"), ("once", "id", "again")
    rows = [(1, 1, [cheap]), (2, 2, [cheap, once]), (3, 2, [cheap]), (4, 2, [once]), (5, 3, [once])]
    lake.append("quarantine_houses", spark.createDataFrame(rows, SCHEMA).coalesce(1), Txn("t", 1))

    def ids(choice: Choice) -> tuple[list[int], list[int], str]:
        found = select(lake, "houses", 0, choice)
        assert found is not None
        chosen, part = found.chosen(lake, "houses"), found.part(lake, "houses")
        assert chosen.columns == ["id", "_batch_id"]
        there = [sorted(row.id for row in frame.collect()) for frame in (chosen, part.others)]
        assert (
            [len(found_ids) for found_ids in there] == [found.rows, found.others] == [found.rows, part.count]
        )
        return there[0], there[1], part.where

    assert ids(Choice(rule="cheap")) == ([1, 2, 3], [4], "_batch_id BETWEEN 1 AND 2")
    assert ids(Choice(batch=2, rule="once")) == ([2, 4], [3], "_batch_id BETWEEN 2 AND 2")
    assert ids(Choice(apart_from=("once",))) == ([1, 3], [2, 4], "_batch_id BETWEEN 1 AND 2")
    assert select(lake, "houses", 0, Choice(rule="dear")) is None
