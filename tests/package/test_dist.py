from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.package import dist
from pipeline.package.checkout import Checkout
from pipeline.package.dist import MANIFEST, build

HERE = Checkout(Path(__file__).parents[2])
WHEEL = "spark_training_pipeline-0.1.0-py3-none-any.whl"
JOBS = [f"jobs/{job.name}" for job in HERE.jobs]


@pytest.fixture
def project(tmp_path: Path) -> str:
    file = tmp_path / "pipeline.yaml"
    file.write_text(
        "name: tiny\ntask: regression\nsources:\n  a: {path: a.csv, key: [id]}\nfeatures: {label: y}\n"
    )
    return str(file)


def thin(project: str, to: Path):
    return build(HERE, [project], [], to, thin=True)


def test_thin_is_wheel_requirements_jobs_and_configuration_listed_with_their_hashes(project, tmp_path):
    to = tmp_path / "my dist"
    built = thin(project, to)
    names = ["conf/packaged.yaml", "conf/pipeline.yaml", *JOBS, "requirements.txt", WHEEL]
    assert (built.folder, built.wheel, sorted(built.sizes)) == (to, WHEEL, sorted(names))
    listed = json.loads((to / MANIFEST).read_text())
    assert {name: about["bytes"] for name, about in listed.items()} == built.sizes
    first = {name: about["sha256"] for name, about in listed.items()}
    (to / "left over").touch()
    thin(project, to)
    again = json.loads((to / MANIFEST).read_text())
    assert {name: about["sha256"] for name, about in again.items()} == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my dist", "pipeline.yaml"]
    assert not (to / "left over").exists()


def test_what_stops_halfway_leaves_the_old_folder_whole_and_nothing_beside_it(project, tmp_path, monkeypatch):
    to = tmp_path / "dist"
    thin(project, to)
    before = {path: path.read_bytes() for path in to.rglob("*") if path.is_file()}

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dist, "_write_manifest", stop)
    with pytest.raises(KeyboardInterrupt):
        thin(project, to)
    assert {path: path.read_bytes() for path in to.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dist", "pipeline.yaml"]


def test_what_a_killed_process_left_goes_and_what_another_is_making_stays(project, tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    (tmp_path / f".dist-{ended.pid}").mkdir()
    (tmp_path / f".dist-{os.getppid()}").mkdir()
    thin(project, tmp_path / "dist")
    assert sorted(path.name for path in tmp_path.glob(".dist-*")) == [f".dist-{os.getppid()}"]


def test_a_folder_of_someone_else_is_left_alone(project, tmp_path):
    to = tmp_path / "dist"
    to.mkdir()
    (to / "notes.txt").write_text("mine")
    with pytest.raises(ConfigError) as refused:
        thin(project, to)
    assert str(refused.value) == (
        f"{to} is not a folder that `pipeline package` made, and what is in it would be lost. Next: --to "
        "another folder, or move this one away."
    )
    assert (to / "notes.txt").read_text() == "mine"
