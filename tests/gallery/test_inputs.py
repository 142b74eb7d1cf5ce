"""A gallery of wrong inputs, and of settings that only the data shows to be wrong, each with what is told.

`inputs.txt` holds the cases: `####` and a title; what is laid over the project; files behind `----`, and
behind `====` those that come after a first run; `$` and a step, when it is another than features; then the
exit code and the whole sentence behind `>>>>`.
"""

from __future__ import annotations

import gzip
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

import pipeline
from pipeline.explain import explain

pytestmark = pytest.mark.spark

YAML = """\
name: demo
task: regression
sources:
  houses: {path: houses.csv, key: [id]}
features: {label: price}
train: {folds: 2, learners: {linear_regression: {}}}
"""
HOUSES = """\
id,area,rooms,town,price
1,100,0,A,1000
2,200,2,B,2000
3,300,3,A,3000
4,400,4,B,4000
"""


class Case(NamedTuple):
    """A wrong input and what is said about it."""

    overlay: str
    files: dict[str, str]
    later: dict[str, str]
    step: str
    said: str

    @property
    def template(self) -> str | None:
        """How far a project of the same data may have gone before: nothing is done twice."""
        if self.files or "path:" in self.overlay:
            return None
        return "landed" if "sources:" in self.overlay else "cleaned"


def read_cases() -> dict[str, Case]:
    cases = {}
    for part in Path(__file__).with_name("inputs.txt").read_text(encoding="utf-8").split("#### ")[1:]:
        title, rest = part.split("\n", 1)
        rest, said = rest.split(">>>> ")
        first, *later = rest.split("==== ")
        head, *files = first.split("---- ")
        overlay, _, step = head.partition("$ ")
        step = step.strip() or "features"
        cases[title] = Case(overlay, contents(files), contents(later), step, said.strip())
    return cases


def contents(parts: list[str]) -> dict[str, str]:
    return dict(part.split("\n", 1) for part in parts)


CASES = read_cases()


@pytest.fixture(scope="module")
def templates(spark, tmp_path_factory, empty_tracking_file):
    """Projects of the same data, landed and cleaned once."""
    landed = tmp_path_factory.mktemp("templates") / "landed"
    (landed / "lake").mkdir(parents=True)
    (landed / "houses.csv").write_text(HOUSES)
    (landed / "conf.yaml").write_text(YAML)
    shutil.copyfile(empty_tracking_file, landed / "lake" / "mlflow.db")
    project = pipeline.load(landed / "conf.yaml", environ={})
    project.ingest(spark)
    cleaned = landed.with_name("cleaned")
    shutil.copytree(landed / "lake", cleaned / "lake")
    project = pipeline.load(landed / "conf.yaml", sets=[f"lake.root={cleaned / 'lake'}"], environ={})
    project.clean(spark)
    return {"landed": landed, "cleaned": cleaned}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    made = tmp_path / "a project"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


@pytest.mark.parametrize("title", CASES)
def test_a_wrong_input_is_told_in_one_sentence(spark, templates, folder, title):
    case = CASES[title]
    write(folder, {"conf.yaml": YAML, "more.yaml": case.overlay or "seed: 1\n", **case.files})
    sets = []
    if case.template is not None:
        shutil.copytree(templates[case.template] / "lake", folder / "lake")
        sets = [f"sources.houses.path={templates['landed'] / 'houses.csv'}"]
    project = pipeline.load("conf.yaml", "more.yaml", sets=sets, environ={})
    first = case.step if case.step == "score" else None
    if case.later:
        project.run(spark, last="clean")
        write(folder, case.later)
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the gallery says which
        project.run(spark, first=first, last=case.step)
    failure = explain(raised.value)
    said = f"{failure.exit_code}: {failure.sentence}".replace(str(folder), "<folder>")
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<moment>", said) == case.said


def test_the_gallery_is_large_enough():
    assert len(CASES) >= 20


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".gz"):
            rows = "".join(f"{number},{number * 7919 % 1000},{number}\n" for number in range(2000))
            data = gzip.compress(f"id,area,price\n{rows}".encode())
            (folder / name).write_bytes(data[: len(data) // 2])
        else:
            (folder / name).write_text(text)
