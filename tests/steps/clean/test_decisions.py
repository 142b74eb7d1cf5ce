"""Refused batches and changed settings, decided: many small sources, one after the other through one lake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config import Config
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Intents, Lake, Ledger
from pipeline.progress import Silent
from pipeline.steps.clean import batch as batch_module
from pipeline.steps.clean.decision import NO_DECISION, Decision
from pipeline.steps.clean.step import run
from pipeline.steps.ingest.step import run as ingest
from tests.doubles import Killed, Listener, killed
from tests.small_project import NOON

pytestmark = pytest.mark.spark

POSITIVE = {"positive": {"check": "price > 0"}}


class Project:
    """Sources of one lake, each with the columns id and price."""

    def __init__(self, spark: SparkSession, folder: Path, *names: str) -> None:
        self.spark = spark
        self.folder = folder
        self.sources: dict[str, dict[str, Any]] = {
            name: {"path": str(folder / name), "format": "csv", "key": ["id"], "rules": POSITIVE}
            for name in names
        }

    @property
    def config(self) -> Config:
        return Config.model_validate(
            {
                "name": "demo",
                "task": "regression",
                "lake": {"root": str(self.folder / "lake")},
                "sources": self.sources,
                "features": {
                    "label": "price",
                    "key": ["id"],
                    "query": f"SELECT * FROM {next(iter(self.sources))}",
                },
            }
        )

    def land(self, **rows: str) -> None:
        """One new file for each source named: `"1,10 2,20"` are two records."""
        for name, records in rows.items():
            files = self.folder / name
            files.mkdir(exist_ok=True)
            lines = "\n".join(["id,price", *records.split()])
            (files / f"{len(list(files.iterdir()))}.csv").write_text(lines + "\n")
        ingest(self.spark, self.config, now=NOON)

    def clean(self, listener: Listener | None = None, **decided: Any) -> Any:
        decision = Decision(**decided) if decided else NO_DECISION
        return run(self.spark, self.config, now=NOON, decision=decision, progress=listener or Silent())

    @property
    def ledger(self) -> Ledger:
        return Ledger(Lake(self.spark, self.config.lake.root))

    def rows(self, table: str, source: str) -> list[tuple[Any, ...]]:
        """What readers see of silver or quarantine: id and price."""
        name = f"{table}_{source}"
        version = self.ledger.published_version("clean", source, name)
        if version is None:
            return []
        frame = Lake(self.spark, self.config.lake.root).read(name, version).select("id", "price")
        return sorted(tuple(row) for row in frame.collect())

    def terms(self, step: str, source: str, batch_id: int) -> Mapping[str, int]:
        entry = self.ledger.find(step, source, batch_id)
        assert entry is not None
        return {term: count for term, count in entry.rows.items() if count}


def test_a_refused_batch_waits_until_it_is_accepted_or_rejected(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(spark, tmp_path, "houses", "boats", "fine")
    project.land(houses="1,10 2,-1", boats="1,-1 2,-2", fine="1,1")
    project.land(houses="3,30")

    with pytest.raises(DataRefused) as refused:
        project.clean()
    assert "clean refused batch 1 of houses: 1 of 2 rows (50 %) break 'positive'" in str(refused.value)
    assert "clean refused batch 1 of boats: all 2 rows break 'positive'" in str(refused.value)
    assert [" ".join(words) for words, _ in refused.value.nexts] == [
        "clean --accept 1 --source houses --reason WHY",
        "clean --reject 1 --source houses --reason WHY",
        "clean --accept 1 --source boats --reason WHY",
        "clean --reject 1 --source boats --reason WHY",
    ]
    assert [project.rows("silver", name) for name in project.sources] == [[], [], [(1, 1)]]

    for decided, sentence in (
        (
            {"accept": 1},
            r"--accept 1: such a batch waits in houses and in boats\. Say which is meant, as in --s",
        ),
        (
            {"accept": 2, "source": "houses"},
            r"--accept 2: batch 1 of houses comes first: batches are cleaned in",
        ),
        (
            {"reject": 1, "source": "fine"},
            r"--reject 1: batch 1 of fine was cleaned at 20\d\d-.*; nothing is left",
        ),
        (
            {"reject": 9, "source": "boats"},
            r"--reject 9: there is no batch 9\. Batches that were landed: boats 1",
        ),
    ):
        with pytest.raises(ConfigError, match=sentence):
            project.clean(reason="why", **decided)

    with monkeypatch.context() as patched:
        patched.setattr(batch_module, "_silver", killed)
        with pytest.raises(Killed):
            project.clean(accept=1, reason="checked by hand", source="houses")
    assert project.rows("quarantine", "houses") == []
    listener = Listener()
    project.clean(reject=1, reason="a test file", source="boats", listener=listener)
    project.clean()
    assert project.clean(reject=1, reason="a test file", source="boats").changed is False

    assert [project.rows("silver", name) for name in ("houses", "boats")] == [[(1, 10), (3, 30)], []]
    assert [project.rows("quarantine", name) for name in ("houses", "boats")] == [[("2", "-1")], []]
    assert project.terms("clean", "houses", 1) == {
        "read": 2,
        "quarantined": 1,
        "quarantined.positive": 1,
        "inserted": 1,
    }
    assert project.terms("clean", "boats", 1) == {"read": 2, "rejected": 2}
    assert "clean: batch 1 of boats is rejected; bronze keeps its rows" in listener.said
    accepted, rejected = (project.ledger.find("clean", name, 1) for name in ("houses", "boats"))
    assert accepted is not None
    assert rejected is not None
    assert (accepted.details["accepted"], rejected.details["rejected"]) == ("checked by hand", "a test file")


def test_a_batch_that_nothing_refuses_needs_no_decision(spark: SparkSession, tmp_path: Path) -> None:
    project = Project(spark, tmp_path, "houses")
    project.land(houses="1,10 2,20")

    for option in ("accept", "reject"):
        with pytest.raises(
            ConfigError,
            match=f"--{option} 1: batch 1 of houses is not refused. `pipeline clean` cleans it as",
        ):
            project.clean(reason="why", **{option: 1})

    assert set(project.ledger.entries()[0].rows) >= {"read"}
    assert Lake(spark, project.config.lake.root).tables() == ["bronze_houses", "ledger", "manifest"]


def test_changed_settings_ask_for_a_decision(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(spark, tmp_path, "houses", "boats")
    for source in project.sources.values():
        source["max_quarantined"] = 1
    project.land(houses="1,10 2,-1", boats="1,10 2,-1")
    project.clean()
    assert project.rows("quarantine", "houses") == [("2", "-1")]

    project.sources["houses"] |= {"max_quarantined": 0.9, "types": {"price": "BIGINT"}}  # as inferred
    assert project.clean().changed is False
    above = {"above": {"check": "price > -5"}}
    for source in project.sources.values():
        source["rules"] = above
    with pytest.raises(ConfigError) as asked:
        project.clean()
    assert str(asked.value).splitlines()[0] == (
        "configuration: 'sources.houses.rules.above' (new) and 'sources.houses.rules.positive' (taken away) "
        "are not what silver_houses was made by, since batch 1. Decide: `pipeline clean --full-refresh` "
        "makes silver_houses anew from all of bronze_houses; `pipeline clean --from-now` leaves its rows as "
        "they are and cleans what comes next by the new settings. `pipeline run` takes the same option."
    )
    assert [words for words, _ in asked.value.nexts] == [("clean", "--full-refresh"), ("clean", "--from-now")]

    project.clean(from_now=True, source="boats")
    project.land(boats="3,-2", houses="3,30")
    project.sources["houses"]["types"] = {"price": "DOUBLE"}
    with pytest.raises(ConfigError, match=r"--from-now cannot take 'sources\.houses\.types\.price' \(new\)"):
        project.clean(from_now=True)
    for place, function in ((Intents, "open"), (batch_module, "_silver")):
        with monkeypatch.context() as patched:
            patched.setattr(place, function, killed)
            with pytest.raises(Killed):
                project.clean(full_refresh=True)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "append", killed)
        with pytest.raises(Killed):
            project.clean()  # goes on with the refresh that was begun
    assert project.rows("silver", "houses") == [(1, 10)]
    listener = Listener()
    project.clean()
    project.sources["houses"]["rules"] = POSITIVE
    project.clean(from_now=True)  # writes no table, and takes none back
    assert project.clean(full_refresh=True, listener=listener).changed is False

    assert project.rows("silver", "houses") == [(1, 10.0), (2, -1.0), (3, 30.0)]
    assert project.rows("quarantine", "houses") == []
    assert project.terms("refresh", "houses", 1) == {"read": 3, "inserted": 3}
    assert project.rows("silver", "boats") == [(1, 10), (3, -2)]
    assert project.rows("quarantine", "boats") == [("2", "-1")]
    assert project.terms("refresh", "boats", 1) == {}
    assert listener.said == [
        "clean: no settings changed, so --full-refresh does nothing; --source NAME asks for it all the same"
    ]


def test_a_refresh_leaves_rejected_batches_out_and_can_be_accepted(
    spark: SparkSession, tmp_path: Path
) -> None:
    project = Project(spark, tmp_path, "houses")
    project.land(houses="1,-1 2,-2")
    project.land(houses="3,30")
    with pytest.raises(DataRefused):
        project.clean()
    project.clean(reject=1, reason="a test file")
    project.sources["houses"] |= {
        "key": None,
        "rules": {"high": {"check": "price > 40", "on_failure": "fail"}},
    }
    with pytest.raises(
        ConfigError, match=r"'sources\.houses\.key' \(taken away\).*Put it back, or decide: `pip"
    ):
        project.clean()
    with pytest.raises(
        DataRefused, match=r"clean refused refresh 1 of houses: all 1 rows break 'high'"
    ) as refused:
        project.clean(full_refresh=True)
    assert [" ".join(words) for words, _ in refused.value.nexts] == [
        "clean --full-refresh --source houses --reason WHY"
    ]

    project.clean(full_refresh=True, reason="low prices are gone")
    project.land(houses="4,50 4,50")
    project.clean()

    assert project.rows("silver", "houses") == [(3, 30), (4, 50)]
    assert project.terms("refresh", "houses", 1) == {"read": 1, "inserted": 1, "warned.high": 1}
    refresh = project.ledger.find("refresh", "houses", 1)
    assert refresh is not None
    assert (refresh.rows["read"], refresh.details["accepted"], refresh.details["without_batches"]) == (
        1,
        "low prices are gone",
        "1",
    )
    assert project.terms("clean", "houses", 3) == {"read": 2, "superseded": 1, "inserted": 1}
