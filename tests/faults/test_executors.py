"""The look for executors to kill, without any."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from tests.faults.executors import Watcher


class Broken:
    """A session that cannot be looked at."""

    def __init__(self) -> None:
        self.was_asked = threading.Event()

    def __getattr__(self, name: str) -> Any:
        self.was_asked.set()
        raise RuntimeError("it cannot be asked")


def test_a_look_that_fails_fails_the_run(tmp_path: Path) -> None:
    session: Any = Broken()
    with (
        pytest.raises(RuntimeError, match="it cannot be asked"),
        Watcher(session, tmp_path).watching(),
    ):
        assert session.was_asked.wait(10)
