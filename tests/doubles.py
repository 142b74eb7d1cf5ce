"""Stand-ins shared by tests: a death that nothing catches, and a listener that remembers."""

from __future__ import annotations

from typing import Any

from pyspark.errors import PySparkException

from pipeline.progress import Silent


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def killed(*args: Any, **kwargs: Any) -> Any:
    """Dies wherever it is put."""
    raise Killed


def lose_executors(*args: Any, **kwargs: Any) -> Any:
    """Ends as Spark does where whichever executor gets a task dies."""
    raise PySparkException("Task 0 failed 4 times: ExecutorLostFailure (executor 3 exited) Reason: code 137")


class Listener(Silent):
    """Keeps every sentence that is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)
