"""Trials on record in a real store, written and found without Spark."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from mlflow import MlflowClient

from pipeline.steps.train.journal import TrainingJournal, open_journal
from pipeline.tracking import Run, Tracking
from pipeline.tuning.attempts import Attempt
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.judges import Fold
from pipeline.tuning.trials import Standing, Trial

FIRST = Candidate(1, "xgboost", {"max_depth": 3}, {"scale": "robust"})
SECOND = Candidate(2, "xgboost", {"max_depth": 5})
FOLDS = (Fold(0, "a", "b", "c"), Fold(1, "d", "e", "f"))


@pytest.fixture
def tracking(lake_root: str) -> Tracking:
    return Tracking(f"sqlite:///{lake_root}/mlflow.db", "t", "t", f"file://{lake_root}/mlartifacts")


@pytest.fixture
def parent(tracking: Tracking) -> Run:
    return tracking.open_run("train", tags={}, params={})


def tried(candidate: Candidate, fold: int, value: float, **more: Any) -> Trial:
    return Trial(candidate, fold, {"rmse": value, "r2": 0.5}, seconds=1.5, **more)


def standing(*trials: Trial) -> Standing:
    return Standing(trials[0].candidate, "rmse", trials)


def search(
    parent: Run,
    *trials: Trial,
    ground: str = "ground",
    again: bool = False,
    break_by: BaseException | None = None,
) -> list[Trial]:
    """What a search does with its journal for these trials; returns those that were done, not found."""
    done = []
    with open_journal(parent.children("t"), ground, "rmse", try_failed_again=again) as journal:
        for number in dict.fromkeys((trial.candidate.number, trial.share) for trial in trials):
            all_folds = [trial for trial in trials if (trial.candidate.number, trial.share) == number]
            ended = []
            for trial in all_folds:
                known = journal.found(Attempt(trial.candidate, trial.share), FOLDS[trial.fold])
                if known is None:
                    done.append(trial)
                    journal.record(trial)
                ended.append(known or trial)
            if len(ended) == len(FOLDS):
                journal.finish(standing(*ended))
        if break_by is not None:
            raise break_by
    return done


@pytest.fixture
def children(tracking: Tracking, parent: Run) -> Callable[[], dict[str, Any]]:
    """The children's runs, by the number of the candidate."""

    def read() -> dict[str, Any]:
        client: MlflowClient
        client, experiment = tracking.open()
        found = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent.run_id}'")
        return {run.data.tags.get("candidate", ""): run for run in found}

    return read


def test_a_candidate_is_a_run_with_what_people_compare(parent: Run, children: Any) -> None:
    more = {"training_metrics": {"rmse": 1.0}, "rounds": 40, "placement": "local"}
    failed = Trial(SECOND, 1, failed="ValueError: it broke")
    search(parent, tried(FIRST, 0, 2.0, **more), tried(FIRST, 1, 4.0, **more), tried(SECOND, 0, 5.0), failed)

    good, bad = children()["1"], children()["2"]
    assert (good.info.status, good.info.run_name) == ("FINISHED", FIRST.label)
    assert good.data.params == {"learner": "xgboost", "max_depth": "3", "scale": "robust"}
    assert good.data.metrics == {
        "rmse": 3.0,
        "r2": 0.5,
        "rmse_spread": math.sqrt(2),
        "training_rmse": 1.0,
        "rmse_gap": -2.0,
        "seconds": 3.0,
        **{f"rmse_fold_{fold}": value for fold, value in ((1, 2.0), (2, 4.0))},
        **{f"training_rmse_fold_{fold}": 1.0 for fold in (1, 2)},
        **{f"seconds_fold_{fold}": 1.5 for fold in (1, 2)},
        **{f"rounds_fold_{fold}": 40.0 for fold in (1, 2)},
    }
    assert (good.data.tags["rounds"], good.data.tags["placement"]) == ("40", "local")
    assert (bad.info.status, bad.data.tags["reason"]) == ("FAILED", "fold 2: ValueError: it broke")


def test_what_a_killed_driver_left_is_done_once(parent: Run, children: Any) -> None:
    trials = [tried(FIRST, 0, 2.0), tried(FIRST, 1, 4.0), tried(SECOND, 0, 5.0), tried(SECOND, 1, 6.0)]
    with pytest.raises(SystemExit):
        search(parent, *trials[:1], break_by=SystemExit())
    with pytest.raises(SystemExit):
        search(parent, *trials[:3], break_by=SystemExit())
    assert {number: run.info.status for number, run in children().items()} == {"1": "FINISHED", "2": "KILLED"}

    assert search(parent, *trials) == trials[3:]
    assert search(parent, *trials) == []

    found = children()
    assert {number: run.info.status for number, run in found.items()} == {"1": "FINISHED", "2": "FINISHED"}
    assert (found["1"].data.metrics["rmse"], found["2"].data.metrics["rmse"]) == (3.0, 5.5)


def test_a_trial_is_on_record_once_all_of_it_is(
    parent: Run, children: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    trials = [tried(FIRST, 0, 2.0), tried(FIRST, 1, 4.0)]
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "log_batch", killed)
        with pytest.raises(SystemExit):
            search(parent, trials[0])
    assert children()[""].data.metrics == {}

    assert search(parent, *trials) == trials
    found = children()["1"].data
    folds = [found.metrics[f"rmse_fold_{fold}"] for fold in (1, 2)]
    assert (folds, found.metrics["rmse"]) == ([2.0, 4.0], 3.0)
    assert found.params["max_depth"] == "3"


def test_another_ground_knows_nothing(parent: Run) -> None:
    trial = tried(FIRST, 0, 2.0)
    search(parent, trial)
    assert search(parent, trial, ground="other rows") == [trial]


def test_failed_trials_are_kept_or_tried_again(parent: Run, children: Any) -> None:
    good, bad = tried(FIRST, 0, 2.0), Trial(FIRST, 1, failed="no memory")
    search(parent, good, bad)
    assert search(parent, good, bad) == []
    mended = tried(FIRST, 1, 3.0)
    assert search(parent, good, mended, again=True) == [mended]
    run = children()["1"]
    assert (run.info.status, run.data.tags["reason"], run.data.metrics["rmse"]) == ("FINISHED", "", 2.5)


def test_a_trial_that_machines_broke_is_done_again_by_the_next_driver(parent: Run, children: Any) -> None:
    bad, broken = (
        Trial(FIRST, 0, failed="diverged"),
        Trial(FIRST, 1, failed="executors lost", by_machines=True),
    )
    search(parent, bad, broken)
    mended = tried(FIRST, 1, 3.0)
    assert search(parent, bad, mended) == [mended]
    assert search(parent, bad, mended) == []
    assert children()["1"].data.tags["reason"] == "fold 1: diverged"


def test_larger_shares_go_on_in_the_same_run_and_have_the_last_word(parent: Run, children: Any) -> None:
    trials = [
        tried(FIRST, fold, value, share=share) for share, value in ((0.5, 9.0), (1.0, 4.0)) for fold in (0, 1)
    ]
    assert search(parent, *trials) == trials
    assert search(parent, *trials) == []
    assert children()["1"].data.metrics["rmse"] == 4.0
    assert len(children()) == 1


def test_the_same_candidate_asked_for_again_is_known(parent: Run) -> None:
    twin = Candidate(9, FIRST.learner, FIRST.params, FIRST.features)
    journal = TrainingJournal(parent.children("t"), "ground", "rmse")
    journal.record(tried(FIRST, 0, 2.0))
    assert journal.found(Attempt(twin), FOLDS[0]) == tried(twin, 0, 2.0)
    assert [(trial.fold, trial.seconds) for trial in journal.trials] == [(0, 1.5)]
    assert journal.found(Attempt(twin), FOLDS[1]) is None


def test_ctrl_c_says_how_many_trials_are_kept(parent: Run) -> None:
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        search(parent, break_by=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt, match=r"^2 trials$"):
        search(parent, tried(FIRST, 0, 2.0), tried(FIRST, 1, 2.0), break_by=KeyboardInterrupt())


def test_thousands_of_trials_take_about_two_calls_each(parent: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    for name in ("create_run", "log_batch", "set_terminated", "update_run", "set_tag", "log_metric"):
        call = getattr(MlflowClient, name)

        def counted(
            self: MlflowClient, *given: Any, _call: Any = call, _name: str = name, **more: Any
        ) -> Any:
            seen.append(_name)
            return _call(self, *given, **more)

        monkeypatch.setattr(MlflowClient, name, counted)
    candidates = [Candidate(number, "xgboost", {"max_depth": number}) for number in range(20)]
    trials = [tried(candidate, fold, 1.0) for candidate in candidates for fold in (0, 1)]
    search(parent, *trials)
    assert len(seen) <= 2 * len(trials)
