"""Which candidate wins a search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from pipeline.evaluation.metrics import gain
from pipeline.tuning.trials import Standing, ranked, simplicity

Rule = Literal["best", "one_standard_error"]


def choose(standings: Sequence[Standing], rule: Rule) -> Standing:
    """The winner among standings of which at least one did not fail.

    `best` has the best mean over folds. `one_standard_error` is the simplest of those that are worse than the
    best by at most its standard error (Breiman et al., "Classification and Regression Trees", 1984); of
    equally simple ones, the better. Only candidates that saw as many rows as the best one take part. Between
    learners, the kind that comes first in `LEARNERS` is simpler; within one, its `complexity` tells.
    """
    best, *rest = ranked(standings)
    if rule == "best":
        return best
    margin = standard_error(best)
    near = [
        standing
        for standing in rest
        if standing.failed is None
        and standing.share == best.share
        and gain(best.metric, best.mean, standing.mean) <= margin
    ]
    return min(
        [best, *near], key=lambda standing: simplicity(standing.candidate)
    )  # the first of equals: better


def leaderboard(standings: Sequence[Standing], rule: Rule) -> tuple[Standing, ...]:
    """The winner, then the other candidates from the best on, and the failed ones last."""
    winner = choose(standings, rule)
    return (winner, *(standing for standing in ranked(standings) if standing is not winner))


def standard_error(standing: Standing) -> float:
    """The standard error of the mean over folds; 0 with one fold."""
    return standing.spread / math.sqrt(len(standing.trials))
