"""stdout for people: styled and fitted on a terminal; plain, unwrapped and without padding anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_UNWRAPPED = 100_000  # characters: wider than any line


class Page:
    """What a command prints. NO_COLOR and FORCE_COLOR are respected."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.is_terminal = self._stream.isatty()
        width = None if self.is_terminal else _UNWRAPPED
        self._console = Console(file=self._stream, width=width, highlight=False, markup=False, emoji=False)

    @property
    def width(self) -> int:
        """Characters a line can hold."""
        return self._console.width

    def print(self, *parts: RenderableType) -> None:
        """Print some parts, one below the other."""
        for part in parts:
            if self.is_terminal:
                self._console.print(part)
            else:
                with self._console.capture() as caught:
                    self._console.print(part)
                lines = (line.rstrip() for line in caught.get().splitlines())
                print("\n".join(lines), file=self._stream, flush=True)


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str | Text]],
    *,
    left: Sequence[str] = (),
    fold: Sequence[str] = (),
) -> Table:
    """A table without lines, two spaces in: numbers to the right, the columns named in `left` to the left.

    On a narrow terminal the columns in `fold` are wrapped, the others keep their width.
    """
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", show_edge=False)
    grid.add_column("")  # the indentation
    for header in headers:
        side = "left" if header in left or header in fold else "right"
        overflow = "fold" if header in fold else "ellipsis"
        grid.add_column(header, justify=side, no_wrap=header not in fold, overflow=overflow)  # type: ignore[arg-type]
    for row in rows:
        grid.add_row("", *row)
    return grid


def heading(words: str) -> Text:
    """The line above a table."""
    return Text(words, style="bold cyan")
