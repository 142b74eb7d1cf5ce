from __future__ import annotations

import pytest

from pipeline.config.model import Config
from pipeline.log import local_root, log_file


def config_at(root: str) -> Config:
    return Config.model_validate(
        {
            "name": "tiny",
            "task": "regression",
            "lake": {"root": root},
            "sources": {"houses": {"path": "houses.csv"}},
            "features": {"label": "price"},
        }
    )


@pytest.mark.parametrize(
    ("root", "local"),
    [
        ("/data/a lake", "/data/a lake"),
        ("file:///data/a%20lake", "/data/a lake"),
        ("s3a://bucket/lake", None),
        ("hdfs://name:8020/lake", None),
    ],
)
def test_only_a_lake_on_this_machine_has_a_folder(root, local):
    found = local_root(root)
    assert (str(found) if found else None) == local


def test_the_log_is_inside_a_local_lake_and_makes_no_folder(tmp_path):
    root = tmp_path / "lake"
    assert log_file(config_at(str(root))).parent == root / "_logs"
    assert not root.exists()


def test_the_log_of_a_distant_lake_is_in_the_users_state_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = log_file(config_at("s3a://bucket/lake"))
    assert found.parent == tmp_path / "state" / "spark-training-pipeline" / "tiny"


def test_a_lake_below_a_file_has_its_log_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "taken").write_text("a file")
    assert log_file(config_at(str(tmp_path / "taken" / "lake"))).is_relative_to(tmp_path / "state")
