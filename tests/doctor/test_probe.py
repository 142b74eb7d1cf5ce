from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from pipeline.doctor.ask import python_fault
from pipeline.doctor.probe import look


def test_a_process_tells_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken_library"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')")
    (tmp_path / "halfway.py").write_text("import not_there")
    (tmp_path / "fine_library.py").write_text("__version__ = '1.2'")
    (tmp_path / "token").write_text("there")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("SPARK_LOCAL_DIRS", f"{tmp_path},/no/such/folder")

    modules = ("fine_library", "broken_library", "halfway", "not_there")
    told = look(modules, token_file=str(tmp_path / "token"))

    assert told["packages"] == {"fine_library": "1.2"}
    assert told["broken"] == {
        "broken_library": "does not load (OSError: libgomp.so.1: cannot open shared object file)",
        "halfway": "needs not_there, which is missing",
        "not_there": "is missing",
    }
    assert told["python"] == ".".join(map(str, sys.version_info[:3]))
    assert told["host"] == socket.gethostname()
    assert told["executor"] == ""
    assert told["token"] == "there"
    assert [folder for folder, _ in told["disks"]] == [str(tmp_path)]
    assert look((), token_file=str(tmp_path / "none"))["token"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[PYTHON_VERSION_MISMATCH] It has different version: 3.12 than that in driver: 3.11",
            "Python 3.11 on the driver, 3.12 on an executor: PySpark refuses that.",
        ),
        (
            'java.io.IOException: Cannot run program "./environment/bin/python": error=2, No such file',
            "An executor cannot start its Python, './environment/bin/python'.",
        ),
        (
            "Error from python worker:\nModuleNotFoundError: No module named 'pyspark'",
            "PySpark does not start in an executor's Python: No module named 'pyspark'.",
        ),
        ("Job 3 cancelled part of cancelled job tags", "No executor answered within 180 seconds."),
        ("one\nSparkException: lost\nat x", "An executor's Python fails: SparkException: lost"),
    ],
)
def test_why_pythons_do_not_start(text: str, said: str) -> None:
    found = python_fault(text)
    assert (found.name, found.state, found.said) == ("python", "fault", said)
