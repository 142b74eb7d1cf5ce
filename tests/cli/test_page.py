from __future__ import annotations

import io

import pytest
from rich.text import Text

from pipeline.cli.page import Page, table

LONG = "a sentence that is far longer than any terminal is wide, " * 10


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def test_elsewhere_lines_are_plain_unwrapped_and_without_padding():
    stream = io.StringIO()
    Page(stream).print(table(["x", "text"], [["1", Text(LONG, style="red")], ["2", "b"]], left=["text"]))
    assert stream.getvalue().splitlines() == ["  x  text", f"  1  {LONG.rstrip()}", "  2  b"]


def test_a_terminal_gets_colour_and_lines_that_fit():
    stream = Terminal()
    Page(stream).print(table(["x", "text"], [["1", Text(LONG, style="red")]], fold=["text"]))
    assert "\x1b[31m" in stream.getvalue()
    assert len(stream.getvalue().splitlines()) > 5


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    Page(stream).print(Text("words", style="red"))
    assert stream.getvalue() == "words\n"


def test_brackets_and_emoji_names_in_data_stay_as_they_are():
    stream = io.StringIO()
    Page(stream).print("[red]not markup[/red] :smile:", table(["[x]"], [["[b]1[/b]"]], left=["[x]"]))
    assert stream.getvalue().splitlines() == ["[red]not markup[/red] :smile:", "  [x]", "  [b]1[/b]"]
