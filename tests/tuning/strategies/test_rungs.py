from __future__ import annotations

import pytest

from pipeline.config.search import Search
from pipeline.tuning.strategies.rungs import Rung, rungs, steps_of, work


def test_a_ladder() -> None:
    assert rungs(64, 2, 4) == (Rung(64, 1 / 16), Rung(16, 1 / 4), Rung(4, 1.0))
    assert rungs(27, 3, 3) == (Rung(27, 1 / 27), Rung(9, 1 / 9), Rung(3, 1 / 3), Rung(1, 1.0))
    assert rungs(5, 3, 2) == (Rung(5, 1 / 4), Rung(2, 1 / 2), Rung(1, 1.0))
    assert rungs(1, 3, 2) == (Rung(1, 1.0),)


def test_64_candidates_cost_less_than_a_quarter_of_the_grid() -> None:
    assert work(rungs(64, 2, 4)) == 12.0
    assert 64 / work(rungs(64, 2, 4)) > 4


@pytest.mark.parametrize(
    ("search", "rows", "steps"),
    [
        ({}, 1_000_000, 2),  # 1/16
        ({}, 16_000, 2),
        ({}, 15_000, 1),  # 1/16 would be less than 1,000 rows
        ({}, 100, 1),  # but a first rung there is
        ({"eta": 3}, 1_000_000, 2),
        ({"eta": 2, "min_share": 0.1}, 100, 3),  # 1/8: no smaller share than that
        ({"min_share": 0.25}, 100, 1),
        ({"eta": 3, "min_share": 1 / 27}, 100, 3),
    ],
)
def test_how_many_rungs_there_are(search: dict[str, float], rows: int, steps: int) -> None:
    assert steps_of(Search(strategy="halving", **search), rows) == steps
