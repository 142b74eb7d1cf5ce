"""What a step says while it works. Steps speak through this; the command line decides how it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """A piece of work with a known or unknown number of parts."""

    def begin(self, parts: int = 1) -> None:
        """So many parts are at work from now on, where that is known."""

    def advance(self, note: str = "") -> None:
        """One part is done; `note` may say what came out of it."""

    def skip(self, parts: int = 1) -> None:
        """So many parts were done before: they cost no time now."""

    def tell(self, status: str) -> None:
        """How the work stands; it is shown until something else is told."""


class Progress(Protocol):
    """The listener a step reports to."""

    def say(self, sentence: str) -> None:
        """One line for the person watching."""

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        """A context manager that yields the `Task` to advance."""


class Guarded:
    """Another listener, behind a check that may raise before each thing is told."""

    def __init__(self, progress: Progress, check: Callable[[], object]) -> None:
        self._progress = progress
        self._check = check

    def say(self, sentence: str) -> None:
        self._check()
        self._progress.say(sentence)

    def task(self, label: str, total: int | None = None) -> AbstractContextManager[Task]:
        self._check()
        return self._progress.task(label, total)


class SilentTask:
    """Listens to nothing."""

    def begin(self, parts: int = 1) -> None:
        return

    def advance(self, note: str = "") -> None:
        return

    def skip(self, parts: int = 1) -> None:
        return

    def tell(self, status: str) -> None:
        return


class Silent:
    """Says nothing: the default in notebooks and tests."""

    def say(self, sentence: str) -> None:
        return

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        yield SilentTask()


SILENT: Progress = Silent()
