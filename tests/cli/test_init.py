from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline.cli import main

ROWS = "\n".join(
    [
        "id,day,size,churned",
        *(f"{n},2024-01-0{n % 9 + 1},{n % 7}.5,{'yes' if n % 3 else 'no'}" for n in range(30)),
    ]
)


def test_a_look_shows_roles_doubts_and_what_to_run_next(command, folder):
    (folder / "customers.csv").write_text(ROWS + "\n")
    said = command("init", "churn", "--data", "customers.csv", "--label", "churned")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        "customers.csv: all 30 rows, 4 columns, 1 file(s).",
        "Columns and their roles",
        "  column   role      why",
        "  id       key       names the row",
        (
            "  day      excluded  DATE: derive a number or a text from it, such as "
            'derive: {day_year: "year(day)"}'
        ),
        "  size     numeric   DOUBLE",
        "  churned  label     what is predicted",
        "Task: binary, as 'churned' is yes (20), no (10).",
        "Wrote churn/pipeline.yaml. Nothing is decided yet: every line of it can be changed.",
        "Next: pipeline run -c churn/pipeline.yaml  land, clean, train, promote, score",
    ]
    assert command("validate", "-c", "churn/pipeline.yaml").code == 0


def test_as_json(command, folder):
    (folder / "customers.csv").write_text(ROWS + "\n")
    (answer,) = command("init", "churn", "--data", "customers.csv", "--label", "churned", "--json").objects
    assert {name: answer[name] for name in ("verdict", "exit_code", "task", "positive", "key", "unsure")} == {
        "verdict": "done",
        "exit_code": 0,
        "task": "binary",
        "positive": "yes",
        "key": ["id"],
        "unsure": [],
    }


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_template_is_valid_as_it_is(command, task):
    said = command("init", "new", "--template", task)
    assert said.out.splitlines() == [
        f"Wrote new/pipeline.yaml, a {task} project to be filled in: the lines marked with <-.",
        "Next: pipeline validate -c new/pipeline.yaml  check it, in a second",
    ]
    assert command("validate", "-c", "new/pipeline.yaml").code == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "--data is missing. Write --data 'my/*.csv' --label COLUMN; or, for a project without data,"),
        (("--data", "customers.csv"), "--label is missing."),
        (
            ("--template", "binary", "--label", "x"),
            "--template is for a project without data: leave out --data",
        ),
        (
            ("--data", "customers.csv", "--label", "churn"),
            "Did you mean 'churned'? Columns: id, day, size, churned.",
        ),
        (("--data", "none/*.csv", "--label", "churned"), "--data 'none/*.csv' matches no file with rows."),
        (("--template", "ranking"), "'ranking' is not one of 'regression', 'binary', 'multiclass'."),
    ],
)
def test_what_makes_no_sense_ends_with_2_and_writes_nothing(command, folder, words, sentence):
    (folder / "customers.csv").write_text(ROWS + "\n")
    said = command("init", "new", *words)
    assert said.code == 2
    assert sentence in said.err
    assert not (folder / "new").exists()


def test_a_folder_that_exists_needs_force(command, folder):
    (folder / "new").mkdir()
    said = command("init", "new", "--template", "binary")
    assert (said.code, said.err) == (
        2,
        "The folder 'new' exists. Name another one, or write --force: only its pipeline.yaml is replaced.\n",
    )
    assert command("init", "new", "--template", "binary", "--force").code == 0


def test_help_has_examples(capsys):
    assert main(["init", "--help"]) == 0
    assert "pipeline init churn --data 'my/*.csv' --label churned" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("--help",), ("init", "--help")])
def test_help_imports_neither_spark_nor_mlflow(words):
    code = (
        "import sys; from pipeline.cli import main; code = main(sys.argv[1:]);"
        "print([name for name in ('pyspark', 'mlflow', 'pandas', 'rich') if name in sys.modules], code)"
    )
    said = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[] 0"
