"""A file of some bytes, looked at without Java."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.init.files import LocalFiles
from pipeline.init.look import Look, look

LookAt = Callable[..., Look]


@pytest.fixture
def look_at(tmp_path: Path) -> LookAt:
    """Look at one csv file made of lines."""

    def made(*lines: str, label: str, key: tuple[str, ...] = (), encoding: str = "utf-8") -> Look:
        file = tmp_path / "data.csv"
        file.write_bytes(("\n".join(lines) + "\n").encode(encoding))
        return look(LocalFiles(), str(file), label, key)

    return made
