"""Which runner tries which candidates: those that can share work are handed over together."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.base import Work
from pipeline.tuning.runners.linear_path import LinearPathRunner, is_on_path
from pipeline.tuning.runners.spark import SparkRunner


def share_work(
    candidates: Sequence[Candidate],
    fold: PreparedFold,
    share: float,  # noqa: ARG001
    slots: int,  # noqa: ARG001
) -> tuple[Work, ...]:
    """The work of one fold set on one fold, in pieces that may run at once."""
    path = tuple(candidate for candidate in candidates if is_on_path(candidate, fold))
    works = [Work(LinearPathRunner(), path)] if path else []
    works += [Work(SparkRunner(), (candidate,)) for candidate in candidates if candidate not in path]
    return tuple(works)
