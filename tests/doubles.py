"""Stand-ins shared by tests: a death that nothing catches, and a listener that remembers."""

from __future__ import annotations

from typing import Any

from pipeline.progress import Silent


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def killed(*args: Any, **kwargs: Any) -> Any:
    """Dies wherever it is put."""
    raise Killed


class Listener(Silent):
    """Keeps every sentence that is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
