"""Values of several machines in one sentence, and sizes as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

DRIVER = "the driver"
_MOST = 3


def spread(values: Mapping[str, str]) -> str:
    """Who has what: one value for all, or each value with its machines; the driver comes first.

    >>> spread({"the driver": "17", "executor 1": "17", "executor 2": "17"})
    '17 on the driver and 2 executors'
    >>> spread({"the driver": "17", "executor 1": "21"})
    '17 on the driver, 21 on executor 1'
    """
    by_value: dict[str, list[str]] = {}
    for label, value in values.items():
        by_value.setdefault(value, []).append(label)
    if len(by_value) == 1:
        ((value, labels),) = by_value.items()
        return f"{value} on {everyone(labels)}"
    return ", ".join(f"{value} on {some(labels)}" for value, labels in by_value.items())


def everyone(labels: Sequence[str]) -> str:
    """All machines: `the driver and 2 executors`."""
    others = [label for label in labels if label != DRIVER]
    if len(others) < 2:
        return " and ".join(labels)
    counted = f"{len(others)} executors"
    return f"{DRIVER} and {counted}" if DRIVER in labels else counted


def some(labels: Sequence[str]) -> str:
    """The first of them by name: `executor 1, executor 2, executor 3 and 5 more`."""
    shown = ", ".join(labels[:_MOST])
    return shown if len(labels) <= _MOST else f"{shown} and {len(labels) - _MOST} more"


def size(number: float) -> str:
    """Bytes as a person reads them: 512 MB, 2.0 GB, 1.5 TB."""
    for unit, scale in (("TB", 2**40), ("GB", 2**30)):
        if number >= scale:
            return f"{number / scale:,.1f} {unit}"
    return f"{number / 2**20:,.0f} MB"
