from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.package.settings import OVERLAY, settings

BASE = """\
name: tiny
task: regression
sources:
  houses: {path: data/*.csv, key: [id]}
  sales: {path: "hdfs://node/sales", format: parquet, key: [id]}
features: {label: price, query: SELECT * FROM houses, key: [id]}
# ${env:ONLY_IN_A_COMMENT}
"""
SHARED = "lake: {root: '${env:SHARED:-../elsewhere}/lake'}\ntracking: {uri: '${env:MLFLOW:-}'}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    (tmp_path / "a" / "pipeline.yaml").write_text(BASE)
    (tmp_path / "b" / "pipeline.yaml").write_text(SHARED)
    return tmp_path


def test_one_more_file_says_where_relative_paths_started_and_what_set_said(folder: Path) -> None:
    found = settings([str(folder / "a" / "pipeline.yaml")], ["train.folds=5", "score.columns=[price]"])
    assert list(found.files) == ["pipeline.yaml", OVERLAY]
    assert found.files["pipeline.yaml"].decode() == BASE
    assert found.files[OVERLAY].decode().split("\n", 1)[1] == (
        "train:\n  folds: 5\nscore:\n  columns:\n  - price\n"
        f"sources:\n  houses:\n    path: {folder}/a/data/*.csv\nlake:\n  root: {folder}/a/lake\n"
    )
    assert found.folders == {"lake.root": f"{folder}/a/lake", "sources.houses.path": f"{folder}/a/data/*.csv"}
    assert found.variables == ()


def test_moved_files_mean_the_same_project(folder: Path) -> None:
    files, sets = [str(folder / "a" / "pipeline.yaml")], ["train.folds=5"]
    moved = folder / "moved" / "far" / "away"
    moved.mkdir(parents=True)
    for name, text in settings(files, sets).files.items():
        (moved / name).write_bytes(text)
    again = load_config([moved / "pipeline.yaml", moved / OVERLAY], environ={})
    assert again.model_dump() == load_config(files, sets, environ={}).model_dump()


def test_files_of_one_name_stay_apart_and_variables_are_named_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW", "https://user:secret@mlflow")
    found = settings([str(folder / name / "pipeline.yaml") for name in "ab"])
    assert list(found.files) == ["pipeline.yaml", "pipeline-2.yaml", OVERLAY]
    assert found.variables == ("MLFLOW", "SHARED")
    assert "secret" not in str(found)
    assert found.files[OVERLAY].decode().split("\n", 1)[1] == (
        f"sources:\n  houses:\n    path: {folder}/a/data/*.csv\n"
    )
    assert found.folders == {"sources.houses.path": f"{folder}/a/data/*.csv"}
