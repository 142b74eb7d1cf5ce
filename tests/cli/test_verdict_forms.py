"""The verdict in JSON, on the screen and in the result file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.errors import DataRefused, TransientError
from pipeline.project import Project
from pipeline.run import Outcome, RunResult
from pipeline.steps.clean.decision import NO_DECISION
from pipeline.steps.result import StepResult
from tests.cli.doubles import CLEANED, ends


def test_a_usage_error_has_its_verdict_in_json_and_in_the_result_file(command, folder):
    said = command("run", "--frm", "x", "--json", "--result", "verdict.json")
    (answer,) = said.objects
    assert (answer["step"], answer["verdict"], answer["exit_code"]) == ("run", "refused", 2)
    assert json.loads((folder / "verdict.json").read_text()) == answer


def test_json_is_one_object_per_step_and_nothing_else(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", CLEANED))
    assert command("clean", "--json").objects == [
        {
            "step": "clean",
            "verdict": "done",
            "exit_code": 0,
            "seconds": 1.25,
            "rows": {"read": 10, "quarantined": 2, "inserted": 8},
            "tables": {"silver_houses": 3},
            "message": "",
        }
    ]


@pytest.mark.parametrize(
    ("error", "code", "verdict"),
    [
        (DataRefused("clean refused batch 7 of houses."), 3, "refused"),
        (TransientError("Another run works on this lake."), 75, "busy"),
    ],
)
def test_a_refused_step_is_told_in_json_and_on_stderr(command, folder, monkeypatch, error, code, verdict):
    monkeypatch.setattr(Project, "clean", ends("clean", error))
    said = command("clean", "--json", "-q", "--result", "verdict.json")
    (answer,) = said.objects
    answer.pop("seconds")
    assert answer == {
        "step": "clean",
        "verdict": verdict,
        "exit_code": code,
        "rows": {},
        "tables": {},
        "message": str(error),
    }
    assert (said.code, said.err) == (code, f"{error}\n")
    assert json.loads((folder / "verdict.json").read_text())["message"] == str(error)


def test_under_spark_submit_json_is_all_that_is_said_as_both_streams_become_one(command, monkeypatch):
    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    monkeypatch.setattr(Project, "clean", ends("clean", DataRefused("clean refused batch 7 of houses.")))
    said = command("clean", "--json")
    assert (len(said.objects), said.err) == (1, "")
    assert command("clean").err.splitlines()[-1] == "clean refused batch 7 of houses."


def test_while_it_works_the_result_file_says_so(command, folder, monkeypatch):
    seen = []

    def fake(self: Project, **given: Any) -> StepResult:
        seen.append(json.loads((folder / "verdict.json").read_text()))
        raise DataRefused("no.")

    monkeypatch.setattr(Project, "clean", fake)
    command("clean", "-q", "--result", "verdict.json")
    assert [(found["verdict"], found["exit_code"]) for found in seen] == [("running", None)]


def test_a_result_file_that_cannot_be_written_is_told_before_anything_is_done(command, folder, monkeypatch):
    monkeypatch.setattr(Project, "clean", lambda self: pytest.fail("it worked all the same"))
    said = command("clean", "-q", "--result", "pipeline.yaml/verdict.json")
    assert said.code == 2
    assert said.err.startswith("--result: 'pipeline.yaml/verdict.json' cannot be written: ")


def test_the_result_of_a_run_holds_all_its_steps(command, folder, monkeypatch):
    outcomes = (
        Outcome("clean", "done", 0, 1.25, "", CLEANED),
        Outcome("train", "not due", message="no reason"),
    )

    def fake(self: Project, **given: Any) -> RunResult:
        assert given == {
            "first": "clean",
            "last": "train",
            "retrain": False,
            "decision": NO_DECISION,
            "wait": False,
        }
        assert self._watch is not None
        for outcome in outcomes:
            self._watch.ended(outcome)
        return RunResult("run", "done", outcomes=outcomes)

    monkeypatch.setattr(Project, "run", fake)
    said = command("run", "--from", "clean", "--to", "train", "--result", "verdict.json")
    assert said.code == 0
    assert "· train    not due      no reason\n" in said.out
    written = json.loads((folder / "verdict.json").read_text())
    assert (written["step"], written["verdict"], written["tables"]) == ("run", "done", {"silver_houses": 3})
    assert [step["step"] for step in written["steps"]] == ["clean", "train"]


def test_a_run_that_fails_half_way_keeps_what_was_done_in_its_result(command, folder, monkeypatch):
    def fake(self: Project, **given: Any) -> RunResult:
        assert self._watch is not None
        self._watch.ended(Outcome("ingest", "done", 0, 1.0))
        self._watch.starts("clean")
        raise DataRefused("clean refused batch 7 of houses.")

    monkeypatch.setattr(Project, "run", fake)
    said = command("run", "--json", "-q", "--result", "verdict.json")
    assert said.code == 3
    assert [(step["step"], step["exit_code"]) for step in said.objects] == [("ingest", 0), ("clean", 3)]
    written = json.loads((folder / "verdict.json").read_text())
    assert (written["step"], written["exit_code"]) == ("run", 3)
    assert written["message"] == "clean refused batch 7 of houses."
    assert [step["step"] for step in written["steps"]] == ["ingest", "clean"]
