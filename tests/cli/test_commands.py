from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.commands import STEP_HELP, group
from pipeline.errors import DataRefused
from pipeline.project import Project
from pipeline.shown import Table
from pipeline.steps.promote.result import PromoteResult
from pipeline.steps.result import StepResult
from tests.cli.doubles import CLEANED, ends


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


def test_the_unexpected_is_one_sentence_that_names_the_log_with_the_traceback(command, folder, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", ZeroDivisionError("division by zero")))
    said = command("clean", "-q")
    (log,) = (folder / "lake" / "_logs").iterdir()
    assert said.code == 1
    assert said.err == f"Unexpected ZeroDivisionError: division by zero Log: {log}\n"
    assert "Traceback (most recent call last):" in log.read_text()


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
