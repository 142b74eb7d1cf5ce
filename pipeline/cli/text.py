"""Numbers, durations and command lines as a person reads them."""

from __future__ import annotations

import math
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from pipeline.evaluation.metrics import BETTER, METRICS


def count(number: int) -> str:
    """1234567 as 1,234,567."""
    return f"{number:,}"


def size(number: int) -> str:
    """Bytes as a person reads them: 512 B, 4.1 KB, 12 MB, 1.3 GB; a KB is 1,000 of them."""
    value, unit = float(number), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1_000, larger
    return f"{value:.0f} {unit}" if unit == "B" or value >= 99.5 else f"{value:.2g} {unit}"


def figure(number: float | None, like: float | None = None) -> str:
    """A measured value with about four digits that matter; with as many decimals as `like` has, if given."""
    if number is None or not math.isfinite(number):
        return "-" if number is None else str(number)
    size = abs(number if like is None else like)
    decimals = 0 if size >= 1_000 else 2 if size >= 1 else 4
    return f"{number:,.{decimals}f}"


def direction(metric: str) -> str:
    """A metric with the way it should go: `rmse ↓`."""
    return f"{metric} {'↓' if BETTER[metric] == 'lower' else '↑'}"


def baseline_words(metric: str) -> str:
    """What a model has to beat, by the task that the metric belongs to."""
    return "predict the median" if metric in METRICS["regression"] else "predict class frequencies"


def elapsed(seconds: float) -> str:
    """Seconds as a person reads them: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 120:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def is_styled(stream: TextIO) -> bool:
    """Whether lines may move and have colour: on a terminal that can, by TERM. Colour asks NO_COLOR, too."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def command(*words: str, program: str | None = None) -> str:
    """A command line that works when pasted into a shell."""
    return shlex.join((program or this_program(), *words))


def this_program() -> str:
    """How to call `pipeline` from here: by name where PATH finds this very one, else by its path.

    Not started by that name (a job, a script), it is the program beside this Python.
    """
    started = Path(sys.argv[0])
    if started.name != "pipeline":
        beside = Path(sys.executable).with_name("pipeline")
        near = Path(os.path.relpath(beside))
        started = beside if near.parts[0] == ".." else near
    found = shutil.which("pipeline")
    is_this = found is not None and Path(found).absolute() == started.absolute()
    return "pipeline" if is_this or not started.exists() else str(started)


def listed(words: Sequence[str], most: int = 12) -> str:
    """Names in one line, long lists cut: a, b, c and 40 more."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"
