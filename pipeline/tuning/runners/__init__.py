"""Which runner tries which candidates: those that can share work are handed over together."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.learners import get_learner
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.base import Work
from pipeline.tuning.runners.boosted import boosted_work
from pipeline.tuning.runners.linear_path import LinearPathRunner, is_on_path
from pipeline.tuning.runners.spark import SparkRunner


def share_work(
    candidates: Sequence[Candidate],
    fold: PreparedFold,
    share: float,
    slots: int,
) -> tuple[Work, ...]:
    """The work of one fold set on one fold, in pieces that may run at once."""
    path = tuple(candidate for candidate in candidates if is_on_path(candidate, fold))
    boosted = tuple(one for one in candidates if get_learner(one.learner).family == "boosting")
    works = [Work(LinearPathRunner(), path)] if path else []
    works += boosted_work(boosted, fold, share, slots)
    works += [Work(SparkRunner(), (one,)) for one in candidates if one not in path and one not in boosted]
    return tuple(works)
