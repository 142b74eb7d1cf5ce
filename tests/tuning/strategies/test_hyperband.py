from __future__ import annotations

import math
from collections import Counter
from typing import Any

from pipeline.tuning.strategies.hyperband import Hyperband, bracket_sizes
from tests.tuning.strategies.paper import assert_goes_on_alike, configured, waves


def hyperband(rows: int = 1_000_000, **search: Any) -> Hyperband:
    return Hyperband(configured({"xgboost": {}}, search={"strategy": "hyperband", **search}), rows)


def test_brackets_as_in_the_paper() -> None:
    """Li et al., table 1: R = 81, eta = 3."""
    assert bracket_sizes(4, 3) == {4: 81, 3: 34, 2: 15, 1: 8, 0: 5}


def test_brackets_climb_at_once() -> None:
    strategy = hyperband()
    found = waves(strategy, lambda candidate, _: float(candidate.number))
    assert found == [
        [(number, 1 / 16) for number in range(1, 17)]
        + [(number, 1 / 4) for number in range(17, 23)]
        + [(number, 1.0) for number in range(23, 26)],
        [(number, 1 / 4) for number in range(1, 5)] + [(17, 1.0)],
        [(1, 1.0)],
    ]
    assert strategy.planned == sum(map(len, found))


def test_with_a_limit_the_last_brackets_stay_out() -> None:
    (first, *_) = waves(hyperband(max_trials=18), lambda *_: 1.0)
    assert Counter(share for _, share in first) == {1 / 16: 16, 1.0: 2}


def test_candidates_that_failed_drop_out() -> None:
    assert [len(wave) for wave in waves(hyperband(), lambda *_: math.nan)] == [25]


def test_a_search_goes_on_where_it_was_killed() -> None:
    assert_goes_on_alike(hyperband, lambda candidate, share: candidate.params["learning_rate"] / share)
