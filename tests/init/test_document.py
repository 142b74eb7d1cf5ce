from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.config import load_config
from pipeline.config.task import Task
from pipeline.errors import ConfigError
from pipeline.init.document import document, project_name, scalar, source_name
from pipeline.init.templates import template
from pipeline.init.write import validate_new, write
from pipeline.project import Project


def test_numbers_and_dates_of_another_country_are_declared_and_judged_as_what_they_are(
    look_at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [f"{n};{n % 28 + 1:02}.01.2024;1.{n:03},5;{'-' if n % 9 == 0 else f'{n},25'}" for n in range(60)]
    found = look_at("id;placed on;amount;paid", *lines, label="paid")
    assert {role.column: role.kind for role in found.roles} == {
        "id": "key",
        "placed on": "excluded",
        "amount": "numeric",
        "paid": "label",
    }
    text = document(found, "data.csv", tmp_path / "orders")
    assert (
        '    columns: {"placed on": {formats: ["dd.MM.yyyy"]}, amount: {thousands: ".", decimal: ","}, '
        'paid: {decimal: ","}}  # how these are written\n'
    ) in text
    assert 'nulls: ["", "-"]' in text
    file = write(tmp_path / "orders", text)
    columns = load_config([file], environ={}).sources["data"].columns
    assert (columns["amount"].decimal, columns["placed on"].formats) == (",", ("dd.MM.yyyy",))


def test_the_whole_file(look_at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        f'{n};2024-01-0{n % 9 + 1};"a\nb";{"?" if n % 5 else n};{"Yes" if n % 3 else "No"}' for n in range(40)
    ]
    found = look_at("id;Signup day;note;size;Left?", *lines, label="Left?")
    assert (
        document(found, "data.csv", tmp_path / "churn")
        == """\
# From all 40 rows of data.csv. Every key, with its default: pipeline validate --show
name: churn
task: binary                        # 'Left?' is Yes (26), No (14)
sources:
  data:
    path: ../data.csv               # relative to this file
    format: csv
    options: {delimiter: ";", multiLine: "true"}
    nulls: ["", "?"]                # texts that mean: missing
    key: [id]                       # different in every row, and never missing
    # rules: {plausible: {check: "some_column > 0", on_failure: quarantine}}
features:
  label: "Left?"
  positive: "Yes"                   # the class that counts
  # left out by themselves: Signup day, note
  # derive: {Signup_day_year: "year(`Signup day`)"}
  # exclude: [a column that is not known when a row is scored]
train:
  metric: auc_roc                   # what is optimised
  # every: 30d                      # when a training is too old
# promote: {thresholds: {…}}        what a model must reach; default: better than a trivial guess
"""
    )


@pytest.mark.parametrize(
    "text",
    [
        "price",
        "my/a b.csv",
        "../x/*.csv",
        "*.csv",
        "yes",
        "No",
        "1e3",
        "~",
        "a: b",
        "a #b",
        "a, b",
        '"',
        "été",
        " x",
    ],
)
def test_a_text_is_read_back_as_it_was(text: str, tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    file.write_text(
        "name: x\ntask: regression\nsources: {a: {path: a.csv}}\n"
        f"features:\n  label: {scalar(text)}  # c\n"
    )
    assert load_config([file]).features.label == text


def test_names_are_made_usable() -> None:
    assert project_name(Path("/a/churn_2")) == "churn_2"
    assert project_name(Path("/a/My Churn")) == "my_churn"
    assert source_name("data/2024 Sales/*.csv") == "sales"
    assert source_name("*.csv") == "rows"
    with pytest.raises(ConfigError, match="'2024' cannot name a project"):
        project_name(Path("/a/2024"))


@pytest.mark.parametrize("task", get_args(Task))
def test_a_template_is_a_valid_project_of_its_task(task: Task, tmp_path: Path) -> None:
    file = write(tmp_path / "new", template(task, "mine"))
    project = Project.load([file], environ={})
    assert (project.config.name, project.config.task) == ("mine", task)


def test_a_folder_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    validate_new(tmp_path / "new", force=False)
    with pytest.raises(
        ConfigError, match=r"exists\. Name another one, or write --force: only its pipeline\.yaml"
    ):
        validate_new(tmp_path, force=False)
    validate_new(tmp_path, force=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file' is a file\. Name another folder\."):
        validate_new(tmp_path / "file", force=True)
