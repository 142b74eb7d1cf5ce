"""What goes into the archive; that it runs on a node is seen in tests/cluster/test_flow.py."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path, PurePosixPath

import pytest

from pipeline.errors import ConfigError, PipelineError
from pipeline.package.environment import PACKAGES, is_packed, try_environment, write_environment
from pipeline.package.interpreter import LIBRARY, NAME


@pytest.mark.parametrize(
    ("path", "goes"),
    [
        ("click/core.py", True),
        ("click-8.dist-info/METADATA", True),
        ("click-8.dist-info/RECORD", True),
        ("click-8.dist-info/direct_url.json", False),
        ("click-8.dist-info/INSTALLER", False),
        ("click/__pycache__/core.cpython-311.pyc", False),
        ("numpy/linalg/tests/test_linalg.py", False),
        ("numpy/testing/__init__.py", True),
        ("../../../bin/flask", False),
    ],
)
def test_bytecode_tests_scripts_and_traces_of_the_installation_stay_behind(path: str, goes: bool) -> None:
    assert is_packed(PurePosixPath(path)) is goes


def test_a_packed_python_runs_from_another_folder_on_what_came_along(tmp_path: Path) -> None:
    wheel = tmp_path / "ours.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        packed.writestr("ours/__init__.py", "SAID = 'hello'\n")
    file = tmp_path / "environment.tar.gz"
    write_environment([distribution("click")], wheel, file)
    first = file.read_bytes()
    write_environment([distribution("click")], wheel, file)
    assert file.read_bytes() == first
    place = tmp_path / "another place"
    place.mkdir()
    with tarfile.open(file) as tar:
        tar.extractall(place)
    code = (
        "import click, json, ours, sys; print(json.dumps([ours.SAID, click.__file__, sys.prefix, sys.path]))"
    )
    done = subprocess.run(
        ["../another place/bin/python", "-c", code], cwd=place, env={}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    said, click, prefix, path = json.loads(done.stdout)
    assert (said, click, prefix) == ("hello", f"{place}/{PACKAGES}/click/__init__.py", str(place))
    assert [folder for folder in path if folder and not folder.startswith(str(place))] == []
    record = (place / PACKAGES / f"click-{distribution('click').version}.dist-info" / "RECORD").read_text()
    assert "__pycache__" not in record
    assert "click/core.py,sha256=" in record
    assert (place / "bin" / NAME).is_file()
    assert not (place / LIBRARY / "test").exists()
    with pytest.raises(PipelineError, match=r"does not start from another folder: .*No module named 'numpy'"):
        try_environment(file)


def test_another_system_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(ConfigError) as refused:
        write_environment([], tmp_path / "ours.whl", tmp_path / "environment.tar.gz")
    assert str(refused.value) == (
        "This machine is darwin: its compiled packages do not run on the nodes of a cluster,"
        " which are Linux. Next: run `pipeline package` in a Linux container; or with --thin."
    )
    assert list(tmp_path.iterdir()) == []
