from __future__ import annotations

from pipeline.tuning.candidates import grid
from pipeline.tuning.strategies.grid import Grid
from tests.tuning.strategies.paper import configured, searched, waves

LEARNERS = {
    "linear_regression": {"space": {"regParam": [0.1 * place for place in range(1, 11)]}},
    "decision_tree": {"space": {"maxDepth": [2, 3, 4]}},
}


def test_all_at_once_in_the_order_of_the_configuration() -> None:
    config = configured(LEARNERS)
    strategy = Grid(config)
    assert tuple(attempt.candidate for attempt in strategy.wave([])) == grid(config)
    assert (strategy.planned, strategy.needs_folds_again) == (13, False)
    assert waves(strategy, lambda *_: 1.0) == [[(number, 1.0) for number in range(1, 14)]]


def test_where_time_may_end_it_the_learners_take_turns_in_waves_of_one_size() -> None:
    strategy = Grid(configured(LEARNERS, search={"time_budget": "1h"}))
    first = strategy.wave([])
    assert [attempt.candidate.learner for attempt in first[:4]] == [
        "linear_regression",
        "decision_tree",
        "linear_regression",
        "decision_tree",
    ]
    assert strategy.needs_folds_again
    assert [len(wave) for wave in waves(strategy, lambda *_: 1.0)] == [8, 5]
    assert not strategy.needs_folds_again


def test_a_last_wave_that_is_full_is_known_to_be_the_last() -> None:
    space = {"maxDepth": list(range(1, 9))}
    strategy = Grid(configured({"decision_tree": {"space": space}}, search={"target": 0.0}))
    strategy.wave([])
    assert not strategy.needs_folds_again


def test_duplicates_are_tried_once_however_they_are_written() -> None:
    space = {"regParam": [1, 1.0, 0.1, 0.1], "elasticNetParam": [0, 0.0]}
    found = searched(Grid(configured({"linear_regression": {"space": space}})), lambda *_: 1.0)
    assert [dict(item.candidate.params) for item in found] == [
        {"regParam": 1, "elasticNetParam": 0},
        {"regParam": 0.1, "elasticNetParam": 0},
    ]
