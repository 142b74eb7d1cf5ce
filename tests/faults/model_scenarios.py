"""Kills at the end of every step, and at random moments of train, promote and score."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.faults.kills import Kill
from tests.faults.model_chain import ModelScenario
from tests.faults.moments import (
    CHALLENGER,
    CHAMPION,
    DECISION,
    VERSION,
    AfterLease,
    AfterTrial,
    AtVersion,
    trials,
)
from tests.faults.shop import NAME


def at_random(
    seed: int, times: int, seconds: float, after: Callable[[float], Kill] = AfterLease
) -> list[Kill]:
    """So many moments within so many seconds from the lease on, or from what `after` says, earliest first."""
    draw = random.Random(seed)
    return [after(moment) for moment in sorted(draw.uniform(0, seconds) for _ in range(times))]


def end_of(step: str) -> AtVersion:
    """The end of a step is its row in the table of runs."""
    return AtVersion("runs", f"{step} ended")


PREDICTED = AtVersion(f"predictions_{NAME}", "predictions committed")
SCENARIOS = (
    ModelScenario(
        "steps",
        None,
        ("run", "--json"),
        [end_of(step) for step in ("ingest", "clean", "features", "train", "promote", "score")],
    ),
    ModelScenario(
        "train",
        "features",
        ("train", "--json"),
        [
            *at_random(31, times=4, seconds=9),
            trials(4),
            *at_random(34, times=4, seconds=2, after=AfterTrial),
            VERSION,
            CHALLENGER,
        ],
    ),
    ModelScenario(
        "promote",
        "train",
        ("promote", "--json"),
        [
            *at_random(32, times=6, seconds=5),
            DECISION,
            CHAMPION,
            AtVersion("ledger", "decision in the ledger"),
        ],
    ),
    ModelScenario("score", "promote", ("score", "--json"), [*at_random(33, times=6, seconds=5), PREDICTED]),
)
