"""Where a trial runs, and how trials of one fold are cut into jobs: pure functions of a few numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Place = Literal["local", "distributed"]

FOLDS_AT_ONCE = 2
"""So many folds are at work at once: while one's trials run, another is prepared."""

_WORTH_SHIPPING = 10
"""A chunk's fits take at least so many times what shipping its rows takes, unless slots would stay empty."""


def place(
    estimated_bytes: int, slots: int, bound: int, setting: Literal["auto", "local", "distributed"]
) -> Place:
    """`local`: inside one task, or `distributed`: by all slots.

    `auto` is local where the estimate is within the bound, and where there is one slot only, which would hold
    all rows either way.
    """
    if setting != "auto":
        return setting
    return "local" if estimated_bytes <= bound or slots == 1 else "distributed"


def folds_together(number: int, folds: int) -> int:
    """How many of `folds` folds are at work while this one is, itself included; the last may be alone."""
    return min(FOLDS_AT_ONCE, folds - number // FOLDS_AT_ONCE * FOLDS_AT_ONCE)


def chunks_of(fits: Sequence[float], shipping: float, together: int, slots: int) -> list[list[int]]:
    """The places in `fits` that one job does together, in ascending order; every job has some.

    `fits` are the costs of a fold's fits in any unit, `shipping` in the same unit what each job spends on
    reading and binning the fold's rows before its first fit. `together` folds share the slots, cut alike.
    The number of jobs is the one by which all slots are done soonest; of many fits there are more, so that
    each job's fits take about ten times its shipping: results are on record as jobs end.
    """
    finest = min(len(fits), math.floor(sum(fits) / (_WORTH_SHIPPING * max(shipping, 1e-9))))
    soonest, best = min(len(fits), 1), math.inf
    for count in range(1, min(len(fits), slots) + 1):
        slowest = max(sum(fits[at] for at in chunk) for chunk in _cut(fits, count))
        done = math.ceil(together * count / slots) * (shipping + slowest)
        if done < best * 0.95:  # a little sooner is not worth reading all rows once more
            soonest, best = count, done
    return _cut(fits, max(soonest, finest))


def _cut(fits: Sequence[float], count: int) -> list[list[int]]:
    """So many chunks of about the same cost: the dearest fit first, each to the chunk that has least."""
    chunks: list[list[int]] = [[] for _ in range(count)]
    costs = [0.0] * count
    for at in sorted(range(len(fits)), key=lambda at: (-fits[at], at)):
        least = costs.index(min(costs))
        chunks[least].append(at)
        costs[least] += fits[at]
    return [sorted(chunk) for chunk in chunks]
