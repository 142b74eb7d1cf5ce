from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.package.checkout import Checkout
from pipeline.package.wheel import build_wheel

HERE = Checkout(Path(__file__).parents[2])


def test_two_builds_are_the_same_byte_for_byte_whatever_the_files_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one = build_wheel(HERE, tmp_path / "one")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = os.umask(0o077)
    try:
        two = build_wheel(HERE, tmp_path / "two")
    finally:
        os.umask(before)
    assert one.name == two.name == "spark_training_pipeline-0.1.0-py3-none-any.whl"
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as packed:
        names = packed.namelist()
        assert {info.date_time for info in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {name.split("/")[0] for name in names} == {
        "pipeline",
        "spark_training_pipeline-0.1.0.dist-info",
    }
    assert {"pipeline/steps/train/page/page.html", "pipeline/log4j2.properties"} <= {*names}


def test_sources_that_cannot_be_built_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    for file in HERE.build_files:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "setup.py").write_text("raise SystemExit('no such thing')")
    with pytest.raises(ConfigError, match=r"The wheel could not be built by .*: no such thing. Next: "):
        build_wheel(Checkout(tmp_path), tmp_path)
