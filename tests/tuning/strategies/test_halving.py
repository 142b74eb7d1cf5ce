from __future__ import annotations

import math
from typing import Any

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.strategies.halving import Halving
from pipeline.tuning.trials import ranked
from tests.tuning.strategies.paper import assert_goes_on_alike, configured, searched, waves

GRID = {
    "xgboost": {"space": {"max_depth": [2, 3, 4, 5, 6, 7, 8, 9], "learning_rate": [0.1, 0.2, 0.3, 0.4]}},
    "decision_tree": {"space": {"maxDepth": list(range(1, 17)), "minInstancesPerNode": [1, 2]}},
}


def halving(learners: Any = GRID, rows: int = 1_000_000, **search: Any) -> Halving:
    return Halving(configured(learners, search={"strategy": "halving", **search}), rows)


def error(candidate: Candidate, share: float) -> float:
    """The number of the candidate; little data makes the first one look bad."""
    return 100.0 if candidate.number == 1 and share < 1 else float(candidate.number)


def test_the_best_of_each_rung_climb_whichever_learner_they_are_of() -> None:
    strategy = halving()
    assert strategy.planned == 64 + 16 + 4
    assert waves(strategy, error) == [
        [(number, 1 / 16) for number in range(1, 65)],
        [(number, 1 / 4) for number in range(2, 18)],
        [(number, 1.0) for number in range(2, 6)],
    ]


def test_folds_are_kept_until_the_last_rung() -> None:
    strategy, standings = halving(), []
    kept = []
    for _ in range(3):
        strategy.wave(standings)
        kept.append(strategy.needs_folds_again)
        standings = searched(halving(), error)[: 64 if len(kept) == 1 else 80]
    assert kept == [True, True, False]


def test_candidates_that_failed_drop_out() -> None:
    found = waves(halving(), lambda candidate, _: math.nan if candidate.number > 3 else 1.0)
    assert [len(wave) for wave in found] == [64, 3, 3]
    assert [len(wave) for wave in waves(halving(), lambda *_: math.nan)] == [64]


def test_the_leaderboard_has_each_candidate_once_with_its_largest_share() -> None:
    found = ranked(searched(halving(), error))
    assert len(found) == 64
    assert [(item.candidate.number, item.share) for item in found[:6]] == [
        (2, 1.0),
        (3, 1.0),
        (4, 1.0),
        (5, 1.0),
        (6, 0.25),
        (7, 0.25),
    ]


def test_ranges_are_drawn_from() -> None:
    assert halving({"xgboost": {}}).planned == 64 + 16 + 4
    assert halving({"xgboost": {}}, max_trials=16).planned == 16 + 4 + 1
    assert halving(max_trials=16).planned == 16 + 4 + 1  # more combinations than that: drawn


def test_a_search_goes_on_where_it_was_killed() -> None:
    assert_goes_on_alike(lambda: halving({"xgboost": {}, "linear_regression": {}}), error)
