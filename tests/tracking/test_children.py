from __future__ import annotations

from typing import Any

import pytest
from mlflow import MlflowClient

from pipeline.errors import TransientError
from pipeline.tracking import Children, Note, Run, Tracking


@pytest.fixture
def client(tracking: Tracking) -> MlflowClient:
    return tracking.open()[0]


@pytest.fixture
def parent(tracking: Tracking) -> Run:
    return tracking.open_run("train", tags={}, params={})


def children_of(parent: Run) -> Children:
    return parent.children("houses")


def state(client: MlflowClient, tracking: Tracking, parent: Run) -> dict[str, Any]:
    """Each child by its key: how it stands, and what was measured, chosen and said."""
    found = client.search_runs([tracking.open()[1]], f"tags.`mlflow.parentRunId` = '{parent.run_id}'")
    return {
        run.data.tags["pipeline.candidate"]: (
            run.info.status,
            run.info.run_name,
            run.data.metrics,
            run.data.params,
            {name: value for name, value in run.data.tags.items() if name.startswith("trial")},
        )
        for run in found
    }


def test_notes_make_children_that_run_end_and_are_found_again(
    client: MlflowClient, tracking: Tracking, parent: Run
) -> None:
    children = children_of(parent)
    for key in ("a", "b", "c"):
        note = Note(key, f"#{key}", {"depth": 3}, (("rmse_fold_1", 1.5, 100),), {"trial.1": "one"})
        children.write(note)
    children.write(Note("a", "#a", {"depth": 3}, (("rmse", 2.0, 100),), {"trial.2": "two"}, "FINISHED"))
    children.write(Note("b", "#b", {"depth": 3}, ended="FAILED"))
    children.close()

    one, measured = {"trial.1": "one"}, {"rmse_fold_1": 1.5}
    assert state(client, tracking, parent) == {
        "a": ("FINISHED", "#a", {**measured, "rmse": 2.0}, {"depth": "3"}, {**one, "trial.2": "two"}),
        "b": ("FAILED", "#b", measured, {"depth": "3"}, one),
        "c": ("KILLED", "#c", measured, {"depth": "3"}, one),
    }

    again = children_of(parent)
    found = again.find()
    assert {key: child.status for key, child in found.items()} == {
        "a": "FINISHED",
        "b": "FAILED",
        "c": "KILLED",
    }
    assert found["a"].tags["trial.2"] == "two"
    again.write(Note("c", "#c", {"depth": 3}, (("rmse", 4.0, 100),), {"trial.2": "two"}, "FINISHED"))
    again.close()
    assert state(client, tracking, parent)["c"] == (
        "FINISHED",
        "#c",
        {**measured, "rmse": 4.0},
        {"depth": "3"},
        {**one, "trial.2": "two"},
    )


def test_a_child_is_there_while_it_is_at_work_and_again_when_it_goes_on(
    client: MlflowClient, tracking: Tracking, parent: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for name in ("log_batch", "set_terminated"):
        call = getattr(MlflowClient, name)

        def watched(self: MlflowClient, *given: Any, _call: Any = call, **more: Any) -> Any:
            seen.append([child[0] for child in state(client, tracking, parent).values()])
            return _call(self, *given, **more)

        monkeypatch.setattr(MlflowClient, name, watched)
    children = children_of(parent)
    children.write(Note("a", "#a", {"depth": 3}, ended="FINISHED"))
    children.close()
    children = children_of(parent)
    children.find()
    children.write(Note("a", "#a", tags={"trial.2": "two"}))
    children.close()
    assert seen == [["RUNNING"], ["RUNNING"], ["RUNNING"], ["RUNNING"]]
    assert state(client, tracking, parent)["a"][0] == "KILLED"


def test_a_driver_killed_between_a_child_and_its_parameters_leaves_them_to_the_next(
    client: MlflowClient, tracking: Tracking, parent: Run
) -> None:
    tags = {"mlflow.parentRunId": parent.run_id, "pipeline.candidate": "a", "trial.1": "one"}
    client.create_run(tracking.open()[1], run_name="#a", tags=tags)

    children = children_of(parent)
    children.find()
    children.write(Note("a", "#a", {"depth": 3}, ended="FINISHED"))
    children.close()

    assert state(client, tracking, parent) == {
        "a": ("FINISHED", "#a", {}, {"depth": "3"}, {"trial.1": "one"})
    }


def test_more_values_than_fit_one_call(client: MlflowClient, tracking: Tracking, parent: Run) -> None:
    children = children_of(parent)
    for part in range(3):
        numbers = range(part * 50, part * 50 + 50)
        tags = {f"trial.{number}": "x" for number in numbers}
        children.write(Note("a", "#a", metrics=tuple((f"m{n}", float(n), 1) for n in numbers), tags=tags))
    children.close()

    _, _, metrics, _, trials = state(client, tracking, parent)["a"]
    assert (len(metrics), len(trials)) == (150, 150)


def test_a_store_that_fails_is_told_with_the_next_note_and_at_the_end(
    parent: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = children_of(parent)

    def away(*_: object, **__: object) -> None:
        raise TransientError("The tracking store is away.")

    monkeypatch.setattr(MlflowClient, "create_run", away)
    children.write(Note("a", "#a"))
    with pytest.raises(TransientError, match="away"):
        children.close()
    with pytest.raises(TransientError, match="away"):
        children.write(Note("b", "#b"))
