from __future__ import annotations

import gzip
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from py4j.protocol import Py4JJavaError

from pipeline.lake import hadoop
from pipeline.lake.hadoop import Files

pytestmark = pytest.mark.spark


def found(files: Files, pattern: Path | str, below: Path) -> list[str]:
    return [info.path.removeprefix(f"file:{below}/") for info in files.find(str(pattern))]


def test_find_walks_folders_and_leaves_hidden_names_out(files: Files, tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "_SUCCESS", ".part.crc", "deep/er/c.csv", "_temporary/d.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")

    assert found(files, tmp_path, tmp_path) == ["a.csv", "b.csv", "deep/er/c.csv"]
    assert found(files, tmp_path / "*.csv", tmp_path) == ["a.csv", "b.csv"]
    assert found(files, tmp_path / "*", tmp_path) == ["a.csv", "b.csv", "deep/er/c.csv"]
    assert found(files, tmp_path / "{a,b}.csv", tmp_path) == ["a.csv", "b.csv"]
    assert found(files, tmp_path / "none*.csv", tmp_path) == []
    assert found(files, tmp_path / "none.csv", tmp_path) == []


def test_a_path_that_exists_is_meant_as_written(files: Files, tmp_path: Path) -> None:
    (tmp_path / "a [1] {x}*.csv").write_text("12345")

    (info,) = files.find(str(tmp_path / "a [1] {x}*.csv"))

    assert info.path == f"file:{tmp_path}/a [1] {{x}}*.csv"
    assert info.size == 5
    assert info.modified.timestamp() == pytest.approx((tmp_path / "a [1] {x}*.csv").stat().st_mtime, abs=1e-3)


def test_head_is_bounded_and_decompressed(files: Files, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    (tmp_path / "empty.csv").write_bytes(b"")

    assert files.head(str(tmp_path / "plain.csv"), 4) == b"a,b\n"
    assert files.head(str(tmp_path / "packed.csv.gz"), 100) == b"a,b\n1,2\n"
    with pa.CompressedOutputStream(str(tmp_path / "packed.csv.zst"), "zstd") as stream:
        stream.write(b"a,b\n1,2\n")
    assert files.head(str(tmp_path / "packed.csv.zst"), 100) == b"a,b\n1,2\n"
    assert files.head(str(tmp_path / "empty.csv"), 100) == b""


def test_create_never_overwrites(files: Files, tmp_path: Path) -> None:
    path = str(tmp_path / "note")

    assert files.create(path, b"first")
    assert not files.create(path, b"second")
    assert files.head(path, 100) == b"first"

    with ThreadPoolExecutor(8) as pool:
        for turn in range(20):
            new = str(tmp_path / "below" / str(turn))
            assert sum(pool.map(files.create, [new] * 8, [b"x"] * 8)) == 1
    shutil.rmtree(tmp_path / "below")

    files.overwrite(path, b"third")
    assert (tmp_path / "note").read_bytes() == b"third"
    assert [name.name for name in tmp_path.iterdir()] == ["note"]


def test_what_cannot_be_created_is_told_by_hadoop(files: Files, tmp_path: Path) -> None:
    with pytest.raises(Py4JJavaError, match="File name too long"):
        files.create(str(tmp_path / ("long" * 100)), b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs the device that is always full")
def test_a_file_that_could_not_be_written_whole_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(Path, "open", lambda path, mode: (path.touch(), full)[1])
        with pytest.raises(OSError, match="No space left"):
            hadoop._create_locally(tmp_path / "note", b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_path_is_whole_with_its_scheme(files: Files, tmp_path: Path) -> None:
    assert files.whole(str(tmp_path / "a b")) == f"file:{tmp_path}/a b"
    assert files.whole("file:///data/") == "file:/data"
