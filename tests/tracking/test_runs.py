from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.tracking import FinishedRun, LeftRun, Registry, Run, Tracking


@pytest.fixture
def client(tracking: Tracking) -> MlflowClient:
    return tracking.open()[0]


@pytest.fixture
def run(tracking: Tracking) -> Run:
    return tracking.open_run("train", tags={"fingerprint": "abc"}, params={"folds": 3})


def test_a_run_is_running_until_it_is_finished(client: MlflowClient, run: Run) -> None:
    opened = client.get_run(run.run_id)
    run.finish()
    finished = client.get_run(run.run_id)

    assert opened.info.status == "RUNNING"
    assert opened.info.run_name == "train"
    assert opened.data.params == {"folds": "3"}
    assert opened.data.tags["fingerprint"] == "abc"
    assert finished.info.status == "FINISHED"


@pytest.mark.parametrize(("end", "status"), [("fail", "FAILED"), ("kill", "KILLED")])
def test_a_run_that_ended_badly_says_why(client: MlflowClient, run: Run, end: str, status: str) -> None:
    getattr(run, end)("no memory")

    found = client.get_run(run.run_id)
    assert found.info.status == status
    assert found.data.tags["reason"] == "no memory"


def test_no_run_becomes_the_active_one_of_a_notebook(run: Run) -> None:
    import mlflow

    assert mlflow.active_run() is None


def test_a_run_that_was_ended_goes_on(client: MlflowClient, tracking: Tracking, run: Run) -> None:
    run.kill("interrupted")
    left = tracking.find_left("abc", "0.1.0")
    assert left is None  # by another version of the code
    run.set_tags({"code_version": "0.1.0"})
    left = tracking.find_left("abc", "0.1.0")
    assert left == LeftRun(run.run_id, "train", "KILLED")

    resumed = tracking.resume_run(left, tags={"table.silver": "4"}, params={"folds": 3})

    found = client.get_run(run.run_id)
    assert resumed.run_id == run.run_id
    assert (found.info.status, found.data.tags["table.silver"]) == ("RUNNING", "4")
    assert "reason" not in found.data.tags
    resumed.finish()
    assert tracking.find_left("abc", "0.1.0") is None


def test_a_long_parameter_is_cut_and_kept_whole_beside(
    client: MlflowClient, run: Run, tmp_path: Path
) -> None:
    run.log_params({"long": "x" * 7000, "short": "y"})

    params = client.get_run(run.run_id).data.params
    kept = Path(client.download_artifacts(run.run_id, "long_params.json", str(tmp_path)))
    assert (len(params["long"]), params["long"][-6:], params["short"]) == (6000, "xx ...", "y")
    assert json.loads(kept.read_text()) == {"long": "x" * 7000}


def test_a_long_tag_is_cut(client: MlflowClient, run: Run) -> None:
    run.set_tags({"long": "x" * 9000, "short": "y"})

    tags = client.get_run(run.run_id).data.tags
    assert (len(tags["long"]), tags["short"]) == (8000, "y")


def test_more_values_than_fit_one_call(client: MlflowClient, run: Run) -> None:
    run.log_params({f"p{place}": place for place in range(205)})
    run.log_metrics({f"m{place}": place for place in range(105)})

    found = client.get_run(run.run_id).data
    assert (len(found.params), len(found.metrics)) == (206, 105)


def test_artifacts(client: MlflowClient, run: Run, tmp_path: Path) -> None:
    run.log_dict({"a": [1]}, "configuration.json")
    run.log_text("hello", "notes/hello.txt")

    folder = Path(client.download_artifacts(run.run_id, "", str(tmp_path)))
    assert json.loads((folder / "configuration.json").read_text()) == {"a": [1]}
    assert (folder / "notes" / "hello.txt").read_text() == "hello"


def test_what_a_killed_driver_left_is_closed(client: MlflowClient, tracking: Tracking, run: Run) -> None:
    experiment_id = tracking.open()[1]

    def start(parent: str) -> str:
        tags = {"mlflow.parentRunId": parent, "pipeline.model": "houses"}
        return str(client.create_run(experiment_id, tags=tags).info.run_id)

    kept = tracking.open_run("train", tags={"fingerprint": "def"}, params={})
    done, left, kept_child = start(run.run_id), start(run.run_id), start(kept.run_id)
    client.set_terminated(done, "FINISHED")
    foreign = client.create_run(experiment_id).info.run_id
    keep = LeftRun(kept.run_id, "train", "RUNNING")

    closed = [tracking.close_left_open(keep), tracking.close_left_open(keep)]

    runs = (run.run_id, left, done, kept.run_id, kept_child, foreign)
    statuses = [client.get_run(found).info.status for found in runs]
    assert closed == [2, 0]
    assert statuses == ["KILLED", "KILLED", "FINISHED", "RUNNING", "RUNNING", "RUNNING"]
    assert tracking.close_left_open() == 2


def test_a_finished_training_is_found_by_its_fingerprint(tracking: Tracking, run: Run) -> None:
    unregistered = tracking.open_run("train", tags={"fingerprint": "abc"}, params={})
    unregistered.finish()
    other = tracking.open_run("train", tags={"fingerprint": "def"}, params={})
    registry = Registry(tracking)
    run.log_text("", "model/MLmodel")

    before = tracking.find_finished("abc")
    version = registry.register(run, f"runs:/{run.run_id}/model", {})
    still_running = tracking.find_finished("abc")
    run.finish()

    assert before is None
    assert still_running is None
    assert tracking.find_finished("abc") == FinishedRun(run.run_id, version)
    assert tracking.find_finished("def") is None
    other.finish()
