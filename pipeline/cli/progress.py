"""How progress looks: a live line on a terminal, plain lines elsewhere; always on stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.pace import Pace
from pipeline.cli.text import elapsed, is_styled
from pipeline.progress import SILENT, Progress, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

# In a log file each part has its line, up to so many; then there is one line in so many seconds.
_MANY_LINES = 100
_SECONDS_BETWEEN_LINES = 5.0


def progress_for(quiet: bool) -> Progress:
    """The listener that suits stderr: silent when asked, live on a terminal, plain lines otherwise."""
    if quiet:
        return SILENT
    return Live() if is_styled(sys.stderr) else Lines()


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
        parts = f"{counter.pace.parts}, " if total is not None else ""
        self.say(
            f"{label}: {parts}{counter.status and f'{counter.status}, '}{elapsed(time.monotonic() - begun)}"
        )


class _CountedLines:
    """A line for each part; where they come fast, one every few seconds."""

    def __init__(self, lines: Lines, label: str, total: int | None) -> None:
        self._lines, self._label = lines, label
        self._lock = threading.Lock()
        self._said = 0
        self._last_said = 0.0
        self.pace = Pace(total)
        self.status = ""

    def begin(self, parts: int = 1) -> None:
        with self._lock:
            self.pace.begin(parts)

    def skip(self, parts: int = 1) -> None:
        with self._lock:
            self.pace.skip(parts)

    def tell(self, status: str) -> None:
        self.status = status

    def advance(self, note: str = "") -> None:
        with self._lock:  # trials end in several threads
            self.pace.advance()
            if note and self._is_time():
                told = ", ".join(filter(None, (note, self.status, self.pace.left)))
                self._lines.say(f"{self._label} {self.pace.parts}: {told}")

    def _is_time(self) -> bool:
        now = time.monotonic()
        is_time = self._said < _MANY_LINES or now - self._last_said >= _SECONDS_BETWEEN_LINES
        if is_time:
            self._said, self._last_said = self._said + 1, now
        return is_time


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
        bar = bars.add_task(label, total=total, parts=parts, left="", status="", note="")
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
        self._bars, self._bar = bars, bar
        self._pace = Pace(total)
        self._lock = threading.Lock()

    def begin(self, parts: int = 1) -> None:
        with self._lock:
            self._pace.begin(parts)

    def skip(self, parts: int = 1) -> None:
        with self._lock:
            self._pace.skip(parts)
            self._show(advance=parts)

    def tell(self, status: str) -> None:
        with self._lock:
            self._show(status=status)

    def advance(self, note: str = "") -> None:
        with self._lock:
            self._pace.advance()
            self._show(advance=1, note=note)

    def _show(self, **shown: Any) -> None:
        self._bars.update(self._bar, parts=self._pace.parts, left=self._pace.left, **shown)


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
        TextColumn("{task.fields[status]}", markup=False, table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", "dim", markup=False, table_column=Column(no_wrap=True, ratio=1)),
        console=console,
        transient=True,
        expand=True,
    )
