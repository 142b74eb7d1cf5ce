from __future__ import annotations

import pytest

from pipeline.config.search import Range
from pipeline.config.train import AUTO_LEARNERS
from pipeline.learners import LEARNERS, learners_for
from pipeline.learners.default_ranges import DEFAULT_RANGES


def test_every_learner_has_some() -> None:
    assert set(DEFAULT_RANGES) == set(LEARNERS)


@pytest.mark.parametrize("name", DEFAULT_RANGES)
def test_they_are_allowed_and_worth_searching(name: str) -> None:
    learner = LEARNERS[name]
    for task in learner.tasks:
        learner.validate_space(DEFAULT_RANGES[name], task)
    for values in DEFAULT_RANGES[name].values():
        assert values.low < values.high if isinstance(values, Range) else len(set(values)) > 1


@pytest.mark.parametrize("task", AUTO_LEARNERS)
def test_auto_compares_learners_that_do_the_task(task: str) -> None:
    assert set(AUTO_LEARNERS[task]) <= set(learners_for(task))  # type: ignore[arg-type]
