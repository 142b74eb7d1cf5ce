"""Which runner tries which candidates: those that can share work are handed over together."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.learners import get_learner
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.prepared import PreparedFold
from pipeline.tuning.runners.base import Work
from pipeline.tuning.runners.boosted import boosted_work
from pipeline.tuning.runners.forest import forest_work
from pipeline.tuning.runners.spark import SparkRunner
from pipeline.tuning.runners.vectors import vector_work


def share_work(
    candidates: Sequence[Candidate],
    fold: PreparedFold,
    share: float,
    slots: int,
) -> tuple[Work, ...]:
    """The work of one fold set on one fold, in pieces that may run at once."""
    boosted = tuple(one for one in candidates if get_learner(one.learner).family == "boosting")
    others = [one for one in candidates if one not in boosted]
    works = [*vector_work(others, fold, share, slots), *forest_work(others)]
    works += boosted_work(boosted, fold, share, slots)
    shared = {one.number for work in works for one in work.candidates}
    works += [Work(SparkRunner(), (one,)) for one in others if one.number not in shared]
    return tuple(works)
