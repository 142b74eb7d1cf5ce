from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline import figures
from pipeline import run as room
from pipeline import work as shared
from pipeline.config.model import Config
from pipeline.due import STEPS, Models
from pipeline.errors import ConfigError, DataRefused, TransientError
from pipeline.lake import Lake, Lease, Runs, Txn
from pipeline.run import one_step, run
from pipeline.steps.result import StepResult
from pipeline.work import Outcome, Work

NOW = datetime(2011, 1, 31, tzinfo=timezone.utc)
CHAMPION = Models(champion=1, challenger=1)


def config_of(root: str, **train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "tiny",
            "task": "regression",
            "lake": {"root": root},
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
            "train": train,
        }
    )


@dataclass
class Stage:
    """A project whose steps are fakes: what each one does, which were called, and what the registry says."""

    results: dict[str, StepResult | Exception] = field(default_factory=dict)
    registry: list[Models] = field(default_factory=lambda: [CHAMPION])
    called: list[str] = field(default_factory=list)
    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: list[Outcome] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    leased: dict[str, Any] = field(default_factory=dict)
    lost_after: int = 99

    def runner(self, step: str) -> Any:
        def fake(spark: SparkSession, config: Config, **given: Any) -> StepResult:
            self.called.append(step)
            given["progress"].say(f"{step} writes")
            self.given[step] = given
            result = self.results.get(step, StepResult(step, "nothing new", changed=False))
            if isinstance(result, Exception):
                raise result
            return result

        return fake

    def registered(self, config: Config) -> Models:
        return self.registry.pop(0) if len(self.registry) > 1 else self.registry[0]

    @contextmanager
    def lease(self, files: Any, root: str, **options: Any) -> Iterator[Any]:
        self.leased = options
        yield self

    def check(self) -> None:
        if len(self.called) >= self.lost_after:
            raise TransientError("This run lost its lease.")

    def starts(self, step: str) -> None:
        self.started.append(step)

    def ended(self, outcome: Outcome) -> None:
        self.seen.append(outcome)


class NoTables:
    """A lake without tables, where only its lease is asked for."""

    files = None
    root = "lake"

    def tables(self) -> list[str]:
        return []


@dataclass(frozen=True)
class DryWork(Work):
    @property
    def lake(self) -> Any:
        return NoTables()


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    monkeypatch.setattr(room, "runner", made.runner)
    for asking in (room, figures):
        monkeypatch.setattr(asking, "registered", made.registered)
    for look in ("require_driver", "require_executors"):
        monkeypatch.setattr(room, look, lambda *_, look=look: made.looked.append(look))
    return made


@pytest.fixture
def dry(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Work on no lake at all."""
    monkeypatch.setattr(shared, "Lease", stage.lease)

    def work(retrain: bool = False, **train: Any) -> Work:
        return DryWork(None, config_of("lake", **train), NOW, watch=stage, retrain=retrain)  # type: ignore[arg-type]

    return work


def test_with_a_champion_a_run_neither_trains_nor_promotes_and_says_why(stage, dry):
    result = run(dry())
    assert stage.called == ["ingest", "clean", "features", "score"]
    assert [(outcome.step, outcome.verdict, outcome.message) for outcome in result.outcomes] == [
        ("ingest", "nothing new", ""),
        ("clean", "nothing new", ""),
        ("features", "nothing new", ""),
        ("train", "not due", "version 1 is champion and train.every is not set"),
        ("promote", "not due", "no challenger waits for a decision"),
        ("score", "nothing new", ""),
    ]
    assert (result.verdict, result.changed, result.exit_code) == ("nothing new", False, 0)
    assert stage.seen == list(result.outcomes)
    assert stage.started == stage.called
    assert stage.looked == ["require_driver"]


def test_without_a_champion_all_steps_are_done_in_order(stage, dry):
    waiting = Models(challenger=1, undecided=True)
    stage.registry = [Models(), waiting, CHAMPION]
    stage.results = {"train": StepResult("train", "done", tables={"features_tiny": 3})}
    result = run(dry())
    assert stage.called == list(STEPS)
    assert (result.verdict, result.changed, result.tables) == ("done", True, {"features_tiny": 3})
    assert stage.looked == ["require_driver", "require_executors"]


def test_a_run_killed_between_train_and_promote_is_carried_on_without_training(stage, dry):
    stage.registry = [Models(champion=1, challenger=2, undecided=True)]
    run(dry())
    assert stage.called == ["ingest", "clean", "features", "promote", "score"]


def test_retrain_reaches_training_alone(stage, dry):
    stage.registry = [CHAMPION, Models(champion=1, challenger=2, undecided=True)]
    run(dry(retrain=True))
    assert stage.called == list(STEPS)
    assert stage.given["train"]["retrain"] is True
    assert all("retrain" not in given for step, given in stage.given.items() if step != "train")
    assert {given["now"] for given in stage.given.values()} == {NOW}


def test_a_refused_promotion_never_stops_scoring(stage, dry):
    stage.registry = [Models(champion=1, challenger=2, undecided=True)]
    stage.results = {"promote": StepResult("promote", "refused", exit_code=4)}
    result = run(dry())
    assert stage.called[-1] == "score"
    assert (result.exit_code, result.verdict) == (4, "promotion refused")


def test_a_refused_first_model_leaves_nobody_to_score_and_the_run_says_so_each_time(stage, dry):
    stage.registry = [Models(challenger=1)]
    result = run(dry())
    assert stage.called == ["ingest", "clean", "features", "train", "promote"]
    assert result.outcomes[-1] == Outcome(
        "score", "not due", 4, message="there is no champion: version 1 was not promoted"
    )
    assert result.exit_code == 4


def test_scoring_without_any_model_is_left_to_the_step_to_refuse(stage, dry):
    stage.registry = [Models()]
    stage.results = {"score": ConfigError("score: no champion yet.")}
    with pytest.raises(ConfigError, match="no champion yet"):
        run(dry(), first="score")
    assert stage.called == ["score"]


def test_from_and_to_bound_the_steps(stage, dry):
    result = run(dry(), first="clean", last="features")
    assert stage.called == ["clean", "features"]
    assert len(result.outcomes) == 2


def test_a_run_that_begins_after_training_does_not_promote_what_was_decided(stage, dry):
    stage.registry = [Models(champion=1, challenger=2)]
    run(dry(retrain=True), first="promote")
    assert stage.called == ["score"]


def test_a_failing_step_ends_the_run(stage, dry):
    stage.results = {"clean": DataRefused("clean refused batch 7 of houses.")}
    with pytest.raises(DataRefused, match="batch 7"):
        run(dry())
    assert stage.called == ["ingest", "clean"]
    assert [outcome.step for outcome in stage.seen] == ["ingest"]
    assert stage.started == ["ingest", "clean"]


def test_an_outcome_has_the_same_keys_however_it_ended():
    done = Outcome(
        "clean", "done", 0, 1.23456, "", StepResult("clean", "done", rows={"read": 3}, tables={"t": 2})
    )
    assert done.to_json() == {
        "step": "clean",
        "verdict": "done",
        "exit_code": 0,
        "seconds": 1.235,
        "rows": {"read": 3},
        "tables": {"t": 2},
        "message": "",
    }
    assert Outcome("train", "not due", message="why").to_json() == {
        "step": "train",
        "verdict": "not due",
        "exit_code": 0,
        "seconds": 0.0,
        "rows": {},
        "tables": {},
        "message": "why",
    }


@pytest.mark.parametrize(("lost_after", "begun"), [(0, []), (1, ["ingest"]), (2, ["ingest", "clean"])])
def test_a_lost_lease_is_noticed_before_a_step_writes(stage, dry, lost_after, begun):
    stage.lost_after = lost_after
    with pytest.raises(TransientError, match="lost its lease"):
        run(dry())
    assert stage.called == begun
    assert [outcome.step for outcome in stage.seen] == begun[:-1]


def test_a_run_gives_up_at_once_or_waits_for_ever(stage, dry):
    run(dry())
    assert stage.leased["wait"] is None
    one_step(replace(dry(), wait=True), "clean")
    assert stage.leased["wait"] == math.inf


def work_on(spark: SparkSession, root: str, stage: Stage) -> Work:
    return Work(spark, config_of(root), NOW, watch=stage)


def with_a_table(spark: SparkSession, root: str) -> Lake:
    lake = Lake(spark, root)
    lake.append("silver_houses", spark.range(1), Txn("test", 1))
    return lake


@pytest.mark.spark
def test_a_change_is_a_row_in_runs_and_no_news_is_none(spark, tmp_path, stage):
    lake = with_a_table(spark, str(tmp_path))
    run(work_on(spark, lake.root, stage))
    assert lake.version("runs") is None
    stage.results = {"clean": StepResult("clean", "done", seconds=2.5)}
    run(work_on(spark, lake.root, stage))
    (row,) = Runs(lake).last()
    assert (row.step, row.verdict, row.exit_code, row.seconds) == ("clean", "done", 0, 2.5)
    assert row.started_at > NOW  # ingest came first


@pytest.mark.spark
def test_a_refusal_is_a_row_with_its_sentence_but_leaves_nothing_in_an_empty_lake(spark, tmp_path, stage):
    stage.results = {"ingest": ConfigError("houses.csv: no such file.")}
    empty = Lake(spark, str(tmp_path / "empty"))
    with pytest.raises(ConfigError):
        one_step(work_on(spark, empty.root, stage), "ingest")
    assert empty.tables() == []
    lake = with_a_table(spark, str(tmp_path / "filled"))
    with pytest.raises(ConfigError):
        one_step(work_on(spark, lake.root, stage), "ingest")
    rows = [(row.step, row.verdict, row.exit_code, row.message) for row in Runs(lake).last()]
    assert rows == [("ingest", "refused", 2, "houses.csv: no such file.")]


@pytest.mark.spark
def test_a_project_that_is_being_worked_on_is_busy_and_untouched(spark, tmp_path, stage):
    work = work_on(spark, str(tmp_path), stage)
    with Lease(work.lake.files, work.lake.root):
        with pytest.raises(TransientError, match="Another run works on"):
            run(work)
        with pytest.raises(TransientError, match="Another run works on"):
            one_step(work, "clean")
    assert stage.called == []
    run(work)
    assert stage.called == ["ingest", "clean", "features", "score"]
