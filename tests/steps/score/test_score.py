from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pyspark.sql import functions as F

from pipeline.config.model import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Lake, Ledger
from pipeline.steps.score.result import ScoreResult
from pipeline.steps.score.step import run

pytestmark = pytest.mark.spark

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
LATER = NOW + timedelta(days=1)
HOUSES = [(number, float(number), 2.0 * number) for number in range(1, 21)]
PREDICTIONS = "predictions_houses"

SplitIds = Callable[[Config, str], set[int]]


def score(world: Any, now: datetime = NOW, **sections: Any) -> ScoreResult:
    return run(world.spark, world.config(**sections), now=now)


def predictions(world: Any, version: int) -> dict[int, float | None]:
    """What a model version said: id → prediction."""
    rows = world.lake.read(PREDICTIONS).where(F.col("model_version") == version).collect()
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: row["prediction"] for row in rows}


@pytest.fixture
def held_out(world: Any, split_ids: SplitIds) -> list[int]:
    return sorted(number for number in split_ids(world.config(), "test") if number <= 20)


@pytest.fixture
def houses(world: Any) -> Any:
    """Twenty labelled houses, one without a label, and a champion trained on them."""
    world.publish(1, [*HOUSES, (21, None, None)])
    world.train("10 * coalesce(area, 1)")
    world.registry.point("champion", 1)
    return world


def test_without_features_there_is_a_sentence(world: Any) -> None:
    with pytest.raises(
        ConfigError, match=r"^score: there is no table features_houses yet\. Run `pipeline feat"
    ):
        score(world)


def test_without_a_champion_there_is_a_sentence(world: Any) -> None:
    world.publish(1, HOUSES)

    with pytest.raises(
        ConfigError, match=r"^score: the model houses has no champion yet\. Run `pipeline run`, or"
    ):
        score(world)


def test_rows_that_the_model_was_not_fitted_on_are_scored(houses: Any, held_out: list[int]) -> None:
    result = score(houses)

    champion = houses.registry.champion()
    found = houses.lake.read(PREDICTIONS)
    assert found.dtypes == [
        ("id", "int"),
        ("prediction", "double"),
        ("model_name", "string"),
        ("model_version", "int"),
        ("run_id", "string"),
        ("input_version", "bigint"),
        ("scored_at", "timestamp"),
    ]
    rest = ("houses", 1, champion.run_id, 0, "2026-01-02 03:04:05")
    rows = found.orderBy("id").withColumn("scored_at", F.date_format("scored_at", "yyyy-MM-dd HH:mm:ss"))
    expected = [(number, 10.0 * number, *rest) for number in held_out] + [(21, 10.0, *rest)]
    assert [tuple(row) for row in rows.collect()] == expected
    assert (result.verdict, result.model_version, result.predictions_table) == ("done", 1, PREDICTIONS)
    assert result.rows == {"inserted": len(expected), "updated": 0}
    assert result.tables == {"features_houses": 0, PREDICTIONS: 0}


def test_a_second_time_nothing_moves(houses: Any) -> None:
    first = score(houses)
    before = houses.versions()

    again = score(houses, LATER)

    assert (again.verdict, again.changed, again.rows) == ("nothing new", False, {})
    assert again.tables == first.tables
    assert houses.versions() == before


def test_only_new_and_changed_rows_are_scored(houses: Any, held_out: list[int]) -> None:
    score(houses)
    before = predictions(houses, 1)
    changed = held_out[0]
    houses.publish(2, [(changed, 100.0, None), (30, 3.0, None)])

    result = score(houses, LATER)

    assert result.rows == {"inserted": 1, "updated": 1}
    assert predictions(houses, 1) == {**before, changed: 1000.0, 30: 30.0}
    moved = houses.lake.read(PREDICTIONS).where(F.col("input_version") == 1)
    assert sorted(row["id"] for row in moved.collect()) == sorted([changed, 30])


def test_a_row_that_only_got_its_label_keeps_its_prediction(houses: Any) -> None:
    score(houses)
    houses.publish(2, [(21, None, 40.0)])

    result = score(houses, LATER)

    assert result.rows == {"inserted": 0, "updated": 0}
    assert {row["input_version"] for row in houses.lake.read(PREDICTIONS).collect()} == {0}


@pytest.mark.parametrize("news_meanwhile", [False, True])
def test_scoring_killed_before_its_ledger_row_has_no_effect_twice(
    houses: Any, monkeypatch: pytest.MonkeyPatch, held_out: list[int], news_meanwhile: bool
) -> None:
    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", kill)
        with pytest.raises(KeyboardInterrupt):
            score(houses)
    written = predictions(houses, 1)
    if news_meanwhile:
        houses.publish(2, [(30, 3.0, None)])

    result = score(houses, LATER)

    news = {30: 30.0} if news_meanwhile else {}
    assert predictions(houses, 1) == {**written, **news}
    assert set(written) == {*held_out, 21}
    # Done again as it was, the write counts what it did the first time; with news only they are counted.
    assert result.rows == {"inserted": 1 if news else len(written), "updated": 0}
    assert score(houses, LATER).verdict == "nothing new"


def test_a_new_champion_scores_beside_the_old_one(houses: Any, held_out: list[int]) -> None:
    score(houses)
    old = predictions(houses, 1)
    houses.publish(2, [(30, 3.0, None)])
    houses.train("20 * coalesce(area, 1)")
    houses.registry.point("champion", 2)

    score(houses, LATER)

    assert predictions(houses, 1) == old
    assert predictions(houses, 2) == {**{number: 20.0 * number for number in held_out}, 21: 20.0, 30: 60.0}


def test_only_the_model_versions_own_partition_is_read(houses: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    merge = Lake.merge
    monkeypatch.setattr(Lake, "merge", lambda *args, **more: asked.update(more) or merge(*args, **more))

    score(houses)

    assert asked["prune"] == "old.model_version = 1"
    assert asked["partition_by"] == ("model_version",)
    assert list(asked["key"]) == ["id", "model_version"]


def test_unlabelled_rows_alone(houses: Any, held_out: list[int]) -> None:
    first = score(houses, score={"rows": "unlabelled"})
    houses.publish(2, [(30, 3.0, None), (31, 3.1, 6.2)])
    second = score(houses, score={"rows": "unlabelled"})

    assert (first.rows["inserted"], second.rows["inserted"]) == (1, 1)
    assert predictions(houses, 1) == {21: 10.0, 30: 30.0}


def test_all_rows_and_from_then_on_the_moved_ones(houses: Any) -> None:
    first = score(houses, score={"rows": "all"})
    again = score(houses, score={"rows": "all"})
    houses.publish(2, [(30, 3.0, None)])
    second = score(houses, score={"rows": "all"})

    assert (first.rows, again.verdict) == ({"inserted": 21, "updated": 0}, "nothing new")
    assert second.rows == {"inserted": 1, "updated": 0}
    assert set(predictions(houses, 1)) == {*range(1, 22), 30}


def test_another_choice_of_rows_starts_anew(houses: Any, held_out: list[int]) -> None:
    score(houses, score={"rows": "unlabelled"})

    result = score(houses, LATER)

    assert result.rows == {"inserted": len(held_out), "updated": 0}
    assert set(predictions(houses, 1)) == {*held_out, 21}


def test_news_that_hold_no_row_to_score_are_looked_at_once(houses: Any) -> None:
    score(houses, score={"rows": "unlabelled"})
    houses.publish(2, [(31, 3.1, 6.2)])
    predicted = houses.lake.version(PREDICTIONS)

    result = score(houses, score={"rows": "unlabelled"})
    before = houses.versions()
    again = score(houses, score={"rows": "unlabelled"})

    assert (result.verdict, result.changed, again.changed) == ("nothing new", False, False)
    assert houses.lake.version(PREDICTIONS) == predicted
    assert houses.versions() == before


def test_columns_are_carried_beside_the_prediction(houses: Any) -> None:
    score(houses, score={"columns": ["price", "id"]})

    found = houses.lake.read(PREDICTIONS)
    assert found.columns[:3] == ["id", "price", "prediction"]
    assert {row["price"] for row in found.where("id <> 21").collect()} <= {house[2] for house in HOUSES}


def test_a_carried_column_that_does_not_exist_is_told(houses: Any) -> None:
    with pytest.raises(
        ConfigError,
        match=r"score\.columns names 'rooms', which features_houses does not have\. Columns there: id, area",
    ):
        score(houses, score={"columns": ["rooms"]})


def test_a_carried_column_cannot_be_called_as_one_of_ours(world: Any) -> None:
    world.publish(1, HOUSES, "id INT, area DOUBLE, prediction DOUBLE")
    world.train("10 * coalesce(area, 1)", label="prediction")
    world.registry.point("champion", 1)

    with pytest.raises(
        ConfigError, match=r"'prediction' cannot be carried beside the prediction, which has a col"
    ):
        score(world, score={"columns": ["prediction"]}, features={"label": "prediction"})


def test_an_input_column_that_is_gone_refuses_the_data(houses: Any) -> None:
    houses.train("10 * coalesce(area, 1)", input_columns={"area": "double", "rooms": "int"})
    houses.registry.point("champion", 2)

    with pytest.raises(
        DataRefused,
        match=r"^score: houses version 2 reads column 'rooms', which features_houses does not have\. Columns",
    ):
        score(houses)
    assert not houses.lake.exists(PREDICTIONS)
