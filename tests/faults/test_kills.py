"""Runs killed by SIGKILL end in the tables, models and predictions of a run that nobody touched."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tests.faults.chain import kills_of, looks_at_the_end
from tests.faults.executors import ALWAYS, CACHE, SCAN, SHUFFLE, WRITE
from tests.faults.kills import AtRandom
from tests.faults.model_chain import ModelsFound, kills_of_models
from tests.faults.model_scenarios import PREDICTED
from tests.faults.models import models
from tests.faults.moments import CHALLENGER, DECISION
from tests.faults.parts import cluster_runs, wish
from tests.faults.scenarios import BRONZE, QUARANTINE, SILVER, committed, project_of, whole_runs
from tests.faults.shop import TRIALS, Shop, open_shop
from tests.faults.starts import holder, ten_starts

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]

EIGHT_KILLS = whole_runs(
    "load",
    2,
    *committed("ingest", 1, "manifest"),
    AtRandom(seed=1, most_files=8),
    *committed("ingest", 2, BRONZE),
    *committed("clean", 1, "intents", QUARANTINE, SILVER),
    AtRandom(seed=9, most_files=12),
    *committed("clean", 2, "ledger"),
)
THREE_KILLS = (CHALLENGER, DECISION, PREDICTED)  # tests/e2e kills in the search


@pytest.fixture(scope="module")
def like(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A project that nobody disturbs."""
    shop = open_shop(tmp_path_factory.mktemp("undisturbed") / "shop", EIGHT_KILLS.batches)
    project_of(shop).run(spark)
    return shop


def test_drivers_killed_eleven_times_and_ten_starts_at_once(
    spark: SparkSession, tmp_path: Path, like: Shop
) -> None:
    """No row is lost or doubled, no trial repeated; one of ten takes the dead holder's lease and works."""
    shop = open_shop(tmp_path / "killed", EIGHT_KILLS.batches)
    found = list(kills_of(spark, shop, like, EIGHT_KILLS))
    assert [each.is_hit for each in found] == [True] * 8

    killed = list(kills_of_models(spark, shop, "models", THREE_KILLS, EIGHT_KILLS.command))
    assert [(each.where, problems(each)) for each in killed if problems(each)] == []
    assert [each.is_hit for each in killed] == [True] * 3
    dead = holder(shop)
    assert dead is not None

    ended = ten_starts(shop, dead, *EIGHT_KILLS.command)

    assert sorted(each.code for each in ended) == [0] + [75] * 9
    for each in ended:
        message = json.loads(each.out.splitlines()[-1])["message"]
        assert each.code == 0 or message.startswith(f"Another run works on {shop.lake}: process "), message
    assert holder(shop) is None
    found += looks_at_the_end(spark, shop, like, EIGHT_KILLS)
    assert [(each.where, each.difference) for each in found if not each.difference.is_none] == []
    assert (found[-1].seen.batches, found[-1].seen.rows) == (2, 48)
    seen, wanted = models(spark, shop), models(spark, like)
    assert (seen.predictions, seen.winner, seen.unloadable) == (wanted.predictions, wanted.winner, ())
    assert (len(seen.trials), set(seen.statuses), seen.aliases) == (TRIALS, {"FINISHED"}, wanted.aliases)


def problems(found: ModelsFound) -> tuple[object, ...]:
    """What a kill has spoiled."""
    return tuple(filter(None, (found.lost, found.doubled, found.repeated, found.wrong)))


@pytest.mark.cluster
@pytest.mark.skipif(sys.platform != "linux", reason="finds the executors to kill in /proc")
def test_executors_that_are_killed_change_nothing(tmp_path: Path, like: Shop) -> None:
    """In a step whose executors always die the run ends with a sentence, and the next run goes on."""
    before = {"ingest": [WRITE], "clean": [SHUFFLE]}
    after = {"train": [SCAN, CACHE], "score": [WRITE]}
    runs = [wish("first", "shop", kills=before, dying="train"), wish("again", "shop", kills=after)]

    first, again = cluster_runs(tmp_path / "cluster", runs, speculation=True, like=like.folder)

    assert sorted(hit for hit in first["hit"] if hit[1] != ALWAYS) == [["clean", SHUFFLE], ["ingest", WRITE]]
    assert len([hit for hit in first["hit"] if hit[1] == ALWAYS]) >= 4
    assert (first["code"], first["aliases"], first["unloadable"]) == (75, {}, [])
    assert first["message"].startswith("Executor ")
    assert first["message"].endswith("why the cluster loses them: its nodes, or their memory.")

    assert sorted(again["hit"]) == [["score", WRITE], ["train", CACHE], ["train", SCAN]]
    assert (again["code"], again["lost"], again["doubled"]) == (0, 0, 0)
    assert (again["same_winner"], again["same_folds"]) == (True, True)
    assert (again["aliases"], again["unloadable"]) == ({"challenger": 1, "champion": 1}, [])
    assert again["statuses"] == {"FINISHED": 9}
