from __future__ import annotations

from pathlib import Path

import pytest

import pipeline
from pipeline.errors import ConfigError
from pipeline.project import Project

YAML = """\
name: tiny
task: regression
sources:
  houses: {path: houses.csv, key: [id]}
features: {label: price}
train:
  learners:
    linear_regression:
      params: {maxIter: 50}
      space:
        regParam: [0.01, 0.1]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yaml"
    path.write_text(YAML)
    return path


def test_a_project_is_loaded_without_starting_anything(file, tmp_path):
    project = pipeline.load(file, sets=["train.folds=5"], environ={})
    assert isinstance(project, Project)
    assert (project.config.name, project.config.train.folds) == ("tiny", 5)
    assert project.config.lake.root == str(tmp_path / "lake")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipeline.yaml"]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "linear_regression:",
            "linear_regresion:",
            r"pipeline\.yaml:8: Unknown learner 'linear_regresion'\. Did you mean 'linear_regression'\?",
        ),
        (
            "maxIter: 50",
            "maxItr: 50",
            r"pipeline\.yaml:9: .*'linear_regression' has no parameter 'maxItr'\. Did you mean 'maxIter'\?",
        ),
        ("maxIter: 50", "maxIter: many", r"pipeline\.yaml:9: .*'maxIter'.*'many'"),
        ("regParam: [0.01, 0.1]", "regParam: [0.01, -1]", r"pipeline\.yaml:11: .*'regParam'.*-1"),
    ],
)
def test_a_wrong_learner_is_told_with_its_line(file, before, after, sentence):
    file.write_text(YAML.replace(before, after))
    with pytest.raises(ConfigError, match=sentence):
        pipeline.load(file, environ={})


def test_a_wrong_step_is_told_before_spark_starts(file, monkeypatch):
    project = pipeline.load(file, environ={})
    monkeypatch.setattr(Project, "spark", lambda self: pytest.fail("Spark was started"))
    with pytest.raises(ConfigError, match="--from is 'sc0re'"):
        project.run(first="sc0re")


@pytest.mark.spark
def test_an_active_session_is_taken_and_not_ended(file, spark):
    with pipeline.load(file, environ={}) as project:
        assert project.spark() is spark or project.spark().sparkContext is spark.sparkContext
    assert spark.range(3).count() == 3
