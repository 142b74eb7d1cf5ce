"""What all pictures share: a figure of its own, plain text, colours that can be told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

LONGEST = 28
"""Characters of a name; more are cut in the middle, as names often differ at either end."""
MOST_LINES = 12
"""Curves in one picture; of more classes those that are worst are drawn."""

_COLOURS = ("#1f77b4", "#d95f02", "#2a9d4e", "#c51b7d", "#7157b8", "#8c564b")
_STYLES = ("-", "--", ":")
GREY = "#777777"
BLUE = _COLOURS[0]


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure (inches) with one pair of axes, outside of pyplot: nothing global, no window."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    return figure, figure.add_subplot()


def plain(text: str) -> str:
    """A name as one short line, its dollar signs no formula."""
    line = " ".join(text.split()) or "(empty)"
    if len(line) > LONGEST:
        half = (LONGEST - 1) // 2
        line = f"{line[: LONGEST - 1 - half]}…{line[-half:]}"
    return line.replace("$", r"\$")


def look(place: int) -> Mapping[str, Any]:
    """The colour and the stroke of the nth curve; the first 18 differ."""
    return {
        "color": _COLOURS[place % len(_COLOURS)],
        "linestyle": _STYLES[place // len(_COLOURS) % len(_STYLES)],
    }


def worst(areas: Mapping[int, float]) -> list[int]:
    """The classes to draw, by index: all, or the MOST_LINES with the smallest area."""
    return sorted(sorted(areas, key=lambda index: (areas[index], index))[:MOST_LINES])


def subject(drawn: Sequence[int], curves: Mapping[int, object], classes: Sequence[str]) -> str:
    """A title's addition: the only class, or that not every class is drawn."""
    if len(drawn) == 1:
        return f" of {plain(classes[drawn[0]])}"
    return "" if len(drawn) == len(curves) else f", the {len(drawn)} lowest of {len(curves)} classes"


def explain(figure: Figure, drawn: Sequence[int], title: str) -> None:
    """A legend beside the axes, where there is more than one curve."""
    if len(drawn) > 1:
        figure.legend(loc="outside right upper", title=title, frameon=False)


def short(count: int) -> str:
    """A count in at most five characters: 950, 9.5k, 120k, 3.4M."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= size:
            value = count / size
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return str(count)


def unit_square(axes: Axes, across: str, up: str) -> None:
    """Both axes from 0 to 1, as a square."""
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), xlabel=across, ylabel=up)
    axes.set_aspect("equal")
    axes.grid(alpha=0.25)
