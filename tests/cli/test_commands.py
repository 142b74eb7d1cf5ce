from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.commands import STEP_HELP, group
from pipeline.errors import DataRefused, TransientError
from pipeline.project import Project
from pipeline.run import Outcome, RunResult
from pipeline.shown import Table
from pipeline.steps.clean.decision import NO_DECISION
from pipeline.steps.promote.result import PromoteResult
from pipeline.steps.result import StepResult

CLEANED = StepResult(
    "clean",
    "done",
    seconds=1.25,
    rows={"read": 10, "quarantined": 2, "inserted": 8},
    tables={"silver_houses": 3},
)


def ends(step: str, result: StepResult | BaseException) -> Any:
    """A fake of a project's method: tells its watcher as a real run does, then returns or raises."""

    def method(self: Project, **given: Any) -> StepResult:
        assert self._watch is not None
        self._watch.starts(step)
        if isinstance(result, BaseException):
            raise result
        message = " ".join(getattr(result, "reasons", ()))
        self._watch.ended(Outcome(step, result.verdict, result.exit_code, result.seconds, message, result))
        return result

    return method


def test_every_command_has_help_with_an_example(command):
    listed = command("--help")
    assert (listed.code, listed.err) == (0, "")
    names = [line.split()[0] for line in listed.out.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
    assert set(STEP_HELP) | {"validate", "run", "status", "show", "ui"} <= set(names)
    assert names == list(group.commands)
    for name in names:
        shown = command(name, "--help")
        assert shown.code == 0
        assert f"Example: pipeline {name} " in shown.out
        if name not in ("init", "quarantine"):  # which has no project yet; which has commands of its own
            for option in ("--config", "--set", "--json", "--result", "--verbose", "--quiet"):
                assert option in shown.out


def test_validate_says_what_the_project_is_and_what_to_run_next(command, folder):
    said = command("validate")
    assert said.out.splitlines() == [
        "pipeline.yaml is valid: regression of price from houses, by linear_regression, xgboost.",
        f"Lake: {folder}/lake",
        "Next: pipeline run  do what is due",
    ]
    assert (said.code, said.err) == (0, "")


def test_the_next_command_names_the_same_project(command, folder):
    (folder / "other.yaml").write_text("train: {folds: 5}\n")
    said = command("validate", "-c", "pipeline.yaml", "-c", "other.yaml", "--set", "train.metric=mae")
    assert "Next: pipeline run -c pipeline.yaml -c other.yaml --set train.metric=mae" in said.out


def test_validate_show_prints_each_value_with_its_place(command):
    lines = [line.split() for line in command("validate", "--show").out.splitlines()]
    assert ["features.label", "price", "pipeline.yaml:5"] in lines
    assert ["seed", "42", "default"] in lines
    (answer,) = command("validate", "--show", "--json").objects
    assert {"path": "seed", "value": 42, "origin": "default"} in answer["settings"]


def test_a_wrong_configuration_is_one_sentence_with_its_line_and_exit_2(command, folder):
    (folder / "pipeline.yaml").write_text("name: tiny\ntaks: regression\n")
    said = command("validate")
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("pipeline.yaml:")
    assert "Did you mean 'task'?" in said.err
    assert "Traceback" not in said.err
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline.yaml"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["runn"], "No such command 'runn'. Did you mean 'run'? See `pipeline --help`."),
        (
            ["run", "--retrian"],
            "No such option '--retrian'. Did you mean '--retrain'? See `pipeline run --help`.",
        ),
        (["show"], "There is no lake"),
        (
            ["show", "x", "-n", "0"],
            "Invalid value for '-n': 0 is not in the range x>=1. See `pipeline show --help`.",
        ),
        (
            ["run", "--from", "sc0re"],
            "--from is 'sc0re'. Steps, in order: ingest, clean, features, train, promote",
        ),
        (["validate", "-c", "no.yaml"], "no.yaml does not exist"),
        (["show", "ledger"], "There is no lake"),
        (["show", "leaderboard"], "There is no training of tiny yet. Run `pipeline run` first."),
        (["ui"], "There is no tracking store"),
        (
            ["clean", "--accept", "7"],
            "--accept 7 needs --reason TEXT: it is kept in the ledger, for whoever asks later.",
        ),
        (["clean", "--reject", "7", "--reason", " "], "--reject 7 needs --reason TEXT"),
        (
            ["clean", "--accept", "7", "--reject", "7", "--reason", "x"],
            "--accept 7 and --reject 7 exclude each other. Give one of them.",
        ),
        (["run", "--full-refresh", "--from-now"], "--full-refresh and --from-now exclude each other."),
        (
            ["run", "--full-refresh", "--from", "train"],
            "--full-refresh is for clean, which is not among train, p",
        ),
        (["clean", "--reason", "x"], "--reason belongs to --accept, --reject or --full-refresh."),
        (["clean", "--source", "houses"], "--source says whose batch or settings are meant. Give it with"),
        (
            ["clean", "--from-now", "--source", "house"],
            "--source is 'house'. Did you mean 'houses'? Sources: houses.",
        ),
        (
            ["clean", "--accept", "0", "--reason", "x"],
            "Invalid value for '--accept': 0 is not in the range x>=1.",
        ),
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence_with_exit_2_and_leaves_nothing(
    command, folder, words, sentence
):
    said = command(*words)
    assert said.code == 2
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["pipeline.yaml"]


def test_no_command_shows_the_commands(command):
    said = command()
    assert said.code == 2
    assert "Commands:" in said.err


def test_a_usage_error_has_its_verdict_in_json_and_in_the_result_file(command, folder):
    said = command("run", "--frm", "x", "--json", "--result", "verdict.json")
    (answer,) = said.objects
    assert (answer["step"], answer["verdict"], answer["exit_code"]) == ("run", "refused", 2)
    assert json.loads((folder / "verdict.json").read_text()) == answer


def test_a_step_prints_its_ledger_where_the_result_is_and_what_comes_next(command, folder, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", CLEANED))
    said = command("clean", "--result", "verdict.json")
    assert said.out.splitlines() == [
        "✓ clean    done              1.2 s",
        "        read  quarantined  inserted",
        "  rows    10            2         8",
        "  silver_houses v3",
        f"Lake: {folder}/lake",
        "Next: pipeline features         derive what a model sees",
        "      pipeline show quarantine  bad rows and why",
    ]
    assert said.err.splitlines()[0] == "clean ..."
    assert json.loads((folder / "verdict.json").read_text())["rows"] == {
        "read": 10,
        "quarantined": 2,
        "inserted": 8,
    }


def test_quiet_says_nothing_on_stderr(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", CLEANED))
    assert command("clean", "-q").err == ""


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


def test_the_unexpected_is_one_sentence_that_names_the_log_with_the_traceback(command, folder, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", ZeroDivisionError("division by zero")))
    said = command("clean", "-q")
    (log,) = (folder / "lake" / "_logs").iterdir()
    assert said.code == 1
    assert said.err == f"Unexpected ZeroDivisionError: division by zero Log: {log}\n"
    assert "Traceback (most recent call last):" in log.read_text()


def test_a_reader_that_has_gone_ends_the_output_but_not_the_work(folder):
    done = folder / "done"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom pipeline.cli.execute import execute\n"
        "from pipeline.cli.options import Options\n"
        "def work(project, screen):\n"
        "    for _ in range(3):\n        screen.line('x' * 100_000)\n"
        f"    Path({str(done)!r}).touch()\n    return 0\n"
        "sys.exit(execute('status', Options(), work))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 0
    assert done.exists()


def test_sigterm_ends_as_ctrl_c_does_and_gives_the_signal_back(command, folder, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)

    def terminated(self: Project, **given: Any) -> StepResult:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it went on")

    monkeypatch.setattr(Project, "clean", terminated)
    said = command("clean", "-q", "--result", "verdict.json")
    assert said.code == 130
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "interrupted"
    assert signal.getsignal(signal.SIGTERM) is before


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


def test_ctrl_c_says_what_is_kept_and_exits_130(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", KeyboardInterrupt()))
    said = command("clean", "-q")
    assert said.code == 130
    assert said.err == (
        "Interrupted during clean. Kept: what clean has committed. The same command goes on from there.\n"
    )


def test_ctrl_c_in_a_run_names_the_steps_that_had_ended(command, monkeypatch):
    def interrupted(self: Project, **given: Any) -> RunResult:
        assert self._watch is not None
        self._watch.ended(Outcome("clean", "done", 0, 1.25, "", CLEANED))
        self._watch.ended(Outcome("train", "not due"))
        self._watch.starts("score")
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "run", interrupted)
    assert command("run", "-q").err == (
        "Interrupted during score. Kept: clean, what score has committed. "
        "The same command goes on from there.\n"
    )


def test_a_step_that_fails_is_not_told_as_ended(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", DataRefused("clean refused batch 7.")))
    assert command("clean").err.splitlines() == ["clean ...", "clean refused batch 7."]


def test_ctrl_c_before_the_first_step_says_that_nothing_was_done(command, monkeypatch):
    def interrupted(self: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "spark", interrupted)
    assert command("run", "-q").err == "Interrupted before anything was written.\n"


def test_show_tables_says_what_there_is_in_every_form(command, folder, monkeypatch):
    found = (Table("silver_houses", 3, 2930, "houses typed"), Table("runs", 0, 7))
    monkeypatch.setattr(Project, "tables", lambda self: found)
    (folder / "lake").mkdir()
    assert command("show", "tables").out.splitlines() == [
        "                 version   rows  holds",
        "  silver_houses       v3  2,930  houses typed",
        "  runs                v0      7",
        f"Lake: {folder}/lake",
        "Next: pipeline show predictions  what the champion says",
    ]
    (answer,) = command("show", "--json").objects
    assert answer["data"][1] == {"name": "runs", "version": 0, "rows": 7, "holds": ""}
    assert command("show", "tables", "--csv", "t.csv").out.splitlines()[0] == "2 tables are in t.csv."
    assert (folder / "t.csv").read_text().splitlines()[1] == "silver_houses,3,2930,houses typed"


@pytest.mark.parametrize("words", [("clean",), ("run",)])
def test_wait_reaches_the_work(command, monkeypatch, words):
    seen = []

    def fake(self: Project, **given: Any) -> StepResult:
        seen.append(given["wait"])
        raise DataRefused("no.")

    monkeypatch.setattr(Project, words[0], fake)
    command(*words, "-q")
    command(*words, "-q", "--wait")
    assert seen == [False, True]


def test_a_refused_promotion_ends_with_4_and_its_reasons(command, monkeypatch):
    reasons = ("tiny version 2 is refused.", "Its test rmse is 9; it has to be below 8.")
    refused = PromoteResult("promote", "refused", exit_code=4, seconds=2.0, reasons=reasons)
    monkeypatch.setattr(Project, "promote", ends("promote", refused))
    said = command("promote", "-q")
    assert said.code == 4
    assert said.out.splitlines()[:3] == [
        "✗ promote  refused           2.0 s",
        *(f"  {line}" for line in reasons),
    ]
    assert "Next: pipeline show leaderboard" in said.out


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


def test_status_without_a_lake_says_so_and_the_next_command(command, folder):
    said = command("status")
    assert said.code == 0
    assert said.out.splitlines() == [
        f"Project tiny has no lake yet: {folder}/lake does not exist.",
        "Next: pipeline run  do what is due",
    ]
    assert not (folder / "lake").exists()


@pytest.mark.parametrize("words", [["--help"], ["validate"], ["validate", "--json"], ["validate", "--show"]])
def test_what_needs_no_spark_imports_nothing_heavy(folder, words):
    heavy = ("pyspark", "mlflow", "xgboost", "pandas", "numpy", "pyarrow", "py4j")
    script = (
        f"import sys\nfrom pipeline.cli import main\nmain({words!r})\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "PYTHONPATH": root}
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True
    )
    assert said.stderr == "[]\n"
    assert said.stdout
