from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from pipeline.init.files import LocalFiles, as_written, name_of, needs_spark


def test_what_a_path_means(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("b.csv", "a.csv", "_c.csv", ".d.csv", "below/e.csv"):
        (tmp_path / name).write_text("x\n1\n")
    (tmp_path / "[f].csv").write_text("x\n1\n")

    def names(pattern: str) -> list[str]:
        return [str(Path(file.path).relative_to(tmp_path)) for file in LocalFiles().find(pattern)]

    assert names(f"{tmp_path}/*.csv") == ["[f].csv", "a.csv", "b.csv"]
    assert names(f"file://{tmp_path}") == ["[f].csv", "a.csv", "b.csv", "below/e.csv"]
    assert names(f"{tmp_path}/[f].csv") == ["[f].csv"]
    assert names(f"{tmp_path}/none.csv") == []
    assert [file.size for file in LocalFiles().find(f"{tmp_path}/a.csv")] == [4]


def test_the_first_bytes_of_a_file_compressed_or_not(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"abcdef")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"ghijkl"))
    assert LocalFiles().head(str(tmp_path / "a.csv"), 3) == b"abc"
    assert LocalFiles().head(str(tmp_path / "a.csv.gz"), 3) == b"ghi"


@pytest.mark.parametrize(
    ("data", "needs"),
    [
        ("data/*.csv", False),
        ("data/*.csv.gz", False),
        ("data/a.parquet", True),
        ("data/a.csv.zst", True),
        ("data/{a,b}.csv", True),
        ("s3a://bucket/a.csv", True),
    ],
)
def test_what_only_hadoop_can_open(
    data: str, needs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ("a.csv", "a.csv.gz", "a.parquet", "a.csv.zst"):
        (tmp_path / "data" / name).write_text("x")
    assert needs_spark(data) is needs


def test_a_relative_path_starts_at_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert as_written("data/*.csv", tmp_path / "churn") == "../data/*.csv"
    assert as_written("/data/*.csv", tmp_path / "churn") == "/data/*.csv"
    assert as_written("s3a://bucket/*.csv", tmp_path / "churn") == "s3a://bucket/*.csv"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("my/*.csv", "my"),
        ("a/Houses 2024.csv.gz", "Houses 2024"),
        ("*.csv", ""),
        ("s3a://b/x/", "x"),
        ("..", ""),
    ],
)
def test_the_name_of_some_data(data: str, name: str) -> None:
    assert name_of(data) == name
