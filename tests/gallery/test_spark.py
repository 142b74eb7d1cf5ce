"""A gallery of SQL that Spark refuses or fails at, each with the exit code and the whole sentence told.

`spark.txt` holds the cases: `####` and a title, the SQL, then the exit code and the sentence behind `>>>>`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.explain import explain

pytestmark = pytest.mark.spark


def read_cases() -> dict[str, tuple[str, str]]:
    cases = {}
    for part in Path(__file__).with_name("spark.txt").read_text(encoding="utf-8").split("#### ")[1:]:
        title, rest = part.split("\n", 1)
        statement, said = rest.split("\n>>>> ")
        cases[title] = statement, said.strip()
    return cases


CASES = read_cases()


@pytest.mark.parametrize("title", CASES)
def test_a_failure_of_sparks_is_one_sentence(spark, title):
    statement, said = CASES[title]
    with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is Spark's own choice
        spark.sql(statement).collect()
    failure = explain(raised.value)
    assert f"{failure.exit_code}: {failure.sentence}" == said
    assert failure.logged


def test_an_enormous_failure_stays_short(spark):
    struct = ", ".join(f"'field_{number}', {number}" for number in range(2000))
    with pytest.raises(Exception) as raised:  # noqa: PT011
        spark.sql(f"SELECT named_struct({struct}) + 1")
    assert len(str(raised.value)) > 20_000
    sentence = explain(raised.value).sentence
    assert sentence.startswith("Spark refuses the SQL: the types do not fit in 'named_struct('field_0', 0, ")
    assert len(sentence) < 700
    assert "\n" not in sentence


def test_a_python_worker_is_told_by_what_it_raised_or_that_it_was_killed(spark):
    def raising(frames):
        raise ValueError("no such class: 7")

    def dying(frames):
        import os

        os._exit(137)

    rows = spark.range(1, numPartitions=1)
    said = []
    for function in (raising, dying):
        with pytest.raises(Exception) as raised:  # noqa: PT011
            rows.mapInPandas(function, "id long").collect()
        said.append(explain(raised.value).sentence)
    assert said == [
        "Spark failed: ValueError: no such class: 7",
        (
            "A Python worker that fits or predicts was killed, most often for want of memory. Leave more "
            "memory free on the machine, or raise spark.executor.memoryOverhead, and run the same command "
            "again."
        ),
    ]
    assert rows.count() == 1


def test_a_table_whose_file_is_gone_is_told_by_the_file(spark, tmp_path):
    table = tmp_path / "silver_houses"
    spark.range(1, numPartitions=1).write.parquet(str(table))
    rows = spark.read.parquet(str(table))
    (file,) = table.glob("*.parquet")
    file.unlink()
    with pytest.raises(Exception) as raised:  # noqa: PT011
        rows.collect()
    assert explain(raised.value).sentence == (
        f"The file file://{file} is gone: something else removed or moved it while it was read. Run the same "
        "command again; if a table of the lake has lost it, restore the table's folder."
    )


def test_a_folder_that_cannot_be_written_is_told_by_its_path(spark, tmp_path):
    (tmp_path / "lake").write_text("a file")
    with pytest.raises(Exception) as raised:  # noqa: PT011
        spark.range(1).write.parquet(str(tmp_path / "lake" / "t"))
    failure = explain(raised.value)
    assert failure.sentence == (
        f"file:{tmp_path}/lake is a file where Spark wants a folder. Name another folder, or move the file "
        "away."
    )
    assert failure.exit_code == 2
