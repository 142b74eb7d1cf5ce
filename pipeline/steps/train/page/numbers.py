"""Numbers as the page writes them."""

from __future__ import annotations

import math
from typing import Any


def figure(number: float | None) -> str:
    """A measured value with four digits that matter; nothing for None."""
    if number is None:
        return ""
    if not math.isfinite(number):
        return str(number)
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def signed(number: float | None) -> str:
    """The same with its sign."""
    return f"+{figure(number)}" if number is not None and number > 0 else figure(number)


def duration(seconds: float) -> str:
    """Seconds as a person reads them."""
    if seconds < 119.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def size(number: int | None) -> str:
    """Bytes in the unit that suits; nothing for None."""
    if number is None:
        return ""
    for unit, step in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if number >= step:
            return f"{number / step:.3g} {unit}"
    return f"{number} B"


def written(value: Any) -> str:
    """A setting's value; of a number, four digits that matter."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
