from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.tracking import FinishedRun, Registry, Run, Tracking


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


def test_a_candidate_is_a_finished_run_below(client: MlflowClient, run: Run) -> None:
    good = run.child(
        "#1", params={"depth": 3}, metrics={"rmse": 1.5, "r2": math.nan}, tags={"candidate": "1"}
    )
    bad = run.child("#2", params={"depth": 5}, metrics={}, failed="no memory")

    first, second = client.get_run(good), client.get_run(bad)
    assert (first.info.status, first.data.params, first.data.metrics["rmse"]) == (
        "FINISHED",
        {"depth": "3"},
        1.5,
    )
    assert math.isnan(first.data.metrics["r2"])
    assert first.data.tags["mlflow.parentRunId"] == run.run_id
    assert first.data.tags["candidate"] == "1"
    assert (second.info.status, second.data.tags["reason"]) == ("FAILED", "no memory")


def test_candidates_are_written_from_several_threads(
    client: MlflowClient, tracking: Tracking, run: Run
) -> None:
    def write(number: int) -> str:
        return run.child(f"#{number}", params={"n": number}, metrics={"rmse": float(number)})

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(write, range(12)))

    found = client.search_runs([tracking.open()[1]], f"tags.mlflow.parentRunId = '{run.run_id}'")
    assert {child.info.run_id: child.data.metrics["rmse"] for child in found} == {
        run_id: float(number) for number, run_id in enumerate(written)
    }


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
    done = run.child("#1", params={}, metrics={})
    experiment_id = tracking.open()[1]
    left = client.create_run(
        experiment_id, tags={"mlflow.parentRunId": run.run_id, "pipeline.model": "houses"}
    )
    foreign = client.create_run(experiment_id)

    closed = [tracking.close_left_open(), tracking.close_left_open()]

    statuses = [client.get_run(found).info.status for found in (run.run_id, left.info.run_id, done)]
    assert closed == [2, 0]
    assert statuses == ["KILLED", "KILLED", "FINISHED"]
    assert client.get_run(foreign.info.run_id).info.status == "RUNNING"


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
