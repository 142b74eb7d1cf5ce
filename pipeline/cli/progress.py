"""How progress looks: a live line on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pipeline.cli.text import elapsed, is_styled
from pipeline.progress import SILENT, Progress, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def progress_for(quiet: bool) -> Progress:
    """The listener that suits stderr: silent when asked, live on a terminal, plain lines otherwise."""
    if quiet:
        return SILENT
    return Live() if is_styled(sys.stderr) else Lines()


def time_left(seconds: float, done: int, total: int | None) -> str:
    """How long the rest takes if its parts take as long as those done did: `about 3 min 20 s left`.

    Nothing while no part is done, nothing at the end, and nothing below a second.
    """
    if total is None or done == 0 or done >= total:
        return ""
    left = seconds / done * (total - done)
    return f"about {elapsed(left)} left" if left >= 1 else ""


class Lines:
    """One line when something begins, says something or ends: for log files and pipes."""

    def say(self, sentence: str) -> None:
        click.echo(sentence, err=True)

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        begun = time.monotonic()
        counter = _CountedLines(self, label, total)
        self.say(f"{label} ...")
        yield counter
        parts = f"{counter.done} of {total}, " if total is not None else ""
        self.say(f"{label}: {parts}{elapsed(time.monotonic() - begun)}")


class _CountedLines:
    def __init__(self, lines: Lines, label: str, total: int | None) -> None:
        self._lines, self._label, self._total = lines, label, total
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self.done = 0

    def advance(self, note: str = "") -> None:
        with self._lock:  # trials end in several threads
            self.done += 1
            if note:
                of = f" of {self._total}" if self._total is not None else ""
                left = time_left(time.monotonic() - self._begun, self.done, self._total)
                self._lines.say(f"{self._label} {self.done}{of}: {note}{left and f', {left}'}")


class Live:
    """A spinner or a bar per task while it runs; what was said stays above.

    Drawn only while there is a task, so that a result printed between two steps is never drawn over.
    """

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._bars: Bars | None = None
        self._open = 0
        self._lock = threading.Lock()

    def say(self, sentence: str) -> None:
        from rich.text import Text

        line = Text(f"  {sentence}", style="dim", no_wrap=True, overflow="ellipsis")
        self._console.print(line)

    @contextmanager
    def task(self, label: str, total: int | None = None) -> Iterator[Task]:
        bars = self._enter()
        parts = "" if total is None else f"0 of {total}"
        bar = bars.add_task(label, total=total, parts=parts, left="", note="")
        try:
            yield _Bar(bars, bar, total)
        finally:
            bars.remove_task(bar)
            self._leave()

    def _enter(self) -> Bars:
        with self._lock:
            if self._bars is None:
                self._bars = _new_bars(self._console)
                self._bars.start()
            self._open += 1
            return self._bars

    def _leave(self) -> None:
        with self._lock:
            self._open -= 1
            if self._open == 0 and self._bars is not None:
                self._bars.stop()
                self._bars = None


class _Bar:
    def __init__(self, bars: Bars, bar: TaskID, total: int | None) -> None:
        self._bars, self._bar, self._total = bars, bar, total
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._done = 0

    def advance(self, note: str = "") -> None:
        with self._lock:
            self._done += 1
            parts = str(self._done) if self._total is None else f"{self._done} of {self._total}"
            left = time_left(time.monotonic() - self._begun, self._done, self._total)
            self._bars.update(self._bar, advance=1, parts=parts, left=left, note=note)


def _new_bars(console: Console) -> Bars:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False, table_column=Column(max_width=32, no_wrap=True)),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[parts]}", markup=False, table_column=Column(no_wrap=True)),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}", markup=False, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", "dim", markup=False, table_column=Column(no_wrap=True, ratio=1)),
        console=console,
        transient=True,
        expand=True,
    )
