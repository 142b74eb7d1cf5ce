"""A small right configuration, and a folder to write files in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MINIMAL = """\
name: demo
task: regression
sources: {houses: {path: data/*.csv}}
features: {label: price}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a file into an empty current folder and answer its relative name."""
    monkeypatch.chdir(tmp_path)

    def write_file(text: str | bytes, name: str = "conf.yaml") -> str:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write_file


@pytest.fixture
def minimal(write: Callable[..., str]) -> str:
    """The name of a file with the four needed keys."""
    return write(MINIMAL)
