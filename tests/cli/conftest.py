"""A project on disk, and what the commands print about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import main

YAML = """\
name: tiny
task: regression
sources:
  houses: {path: houses.csv, key: [id]}
features: {label: price}
"""


@dataclass(frozen=True)
class Said:
    """What a command printed and returned."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Command = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a project in it; its path has a space."""
    made = tmp_path / "my project"
    made.mkdir()
    (made / "pipeline.yaml").write_text(YAML)
    monkeypatch.chdir(made)
    monkeypatch.setattr(sys, "argv", ["pipeline"])  # as if started by that name, from PATH
    return made


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command in this process, in the project's folder."""

    def call(*words: str) -> Said:
        code = main(list(words))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return call
