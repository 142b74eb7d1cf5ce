"""Mistakes that the configuration alone gives away, told by the installed command without a JVM."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("task: regression", "task: [regression", "pipeline.yaml:"),
        ("train:", "trian:", "unknown key 'trian'. Did you mean 'train'?"),
        ("folds: 2", "folds: two", "train.folds"),
        ("xgboost:", "xgbost:", "Unknown learner 'xgbost'. Did you mean 'xgboost'?"),
        ("max_depth: [2, 3]", "max_dept: [2, 3]", "has no parameter 'max_dept'. Did you mean 'max_depth'?"),
        ("path: landing/*.csv", "path: ${env:NO_SUCH_VARIABLE}", "NO_SUCH_VARIABLE"),
        ("check: price > 0", "check: (price > 0", "price_positive"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence_with_its_line(site, before, after, sentence):
    file = site.folder / "pipeline.yaml"
    assert before in file.read_text()
    file.write_text(file.read_text().replace(before, after, 1))
    ended = site.call("run", "--json")
    assert ended.code == 2
    assert sentence in ended.err
    assert ended.err.startswith("pipeline.yaml:")
    assert "Traceback" not in ended.err
    (answer,) = ended.steps.values()
    assert (answer["verdict"], answer["exit_code"]) == ("refused", 2)
    assert answer["message"] == ended.err.strip()
    assert not site.lake.exists()


@pytest.mark.parametrize("job", sorted((ROOT / "jobs").glob("*.py")), ids=lambda job: job.stem)
def test_every_job_is_the_command_of_its_name_in_a_few_lines(job):
    said = subprocess.run(
        [sys.executable, str(job), "--help"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert said.stdout.startswith(f"Usage: pipeline {job.stem} ")
    assert len(job.read_text().splitlines()) <= 40
