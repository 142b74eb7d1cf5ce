from __future__ import annotations

from typing import Any

from pipeline.config.model import Config
from pipeline.tuning.candidates import Candidate, grid


def train(learners: dict[str, Any], **more: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere"}},
            "features": {"label": "y"},
            "train": {"learners": learners, **more},
        }
    )


def test_every_combination_in_the_order_of_the_configuration() -> None:
    found = grid(
        train(
            {
                "xgboost": {
                    "params": {"n_estimators": 50},
                    "space": {"max_depth": [3, 5], "learning_rate": [0.1, 0.2]},
                },
                "decision_tree": {"space": {"maxDepth": 4}},
            }
        )
    )
    assert found == (
        Candidate(1, "xgboost", {"n_estimators": 50, "max_depth": 3, "learning_rate": 0.1}),
        Candidate(2, "xgboost", {"n_estimators": 50, "max_depth": 3, "learning_rate": 0.2}),
        Candidate(3, "xgboost", {"n_estimators": 50, "max_depth": 5, "learning_rate": 0.1}),
        Candidate(4, "xgboost", {"n_estimators": 50, "max_depth": 5, "learning_rate": 0.2}),
        Candidate(5, "decision_tree", {"maxDepth": 4}),
    )


def test_duplicates_are_tried_once() -> None:
    assert len(grid(train({"decision_tree": {"space": {"maxDepth": [4, 4, 5]}}}))) == 2


def test_a_learner_without_space_searches_its_default_around_what_is_fixed() -> None:
    found = grid(train({"linear_regression": {"params": {"elasticNetParam": 0.5}}}))
    assert len(found) > 1
    assert {candidate.params["elasticNetParam"] for candidate in found} == {0.5}
    assert len({candidate.params["regParam"] for candidate in found}) == len(found)


def test_with_a_limit_the_learners_take_turns() -> None:
    learners = {
        "decision_tree": {"space": {"maxDepth": [2, 3, 4, 5]}},
        "linear_regression": {"space": {"regParam": [0.1, 0.2]}},
    }
    found = grid(train(learners, search={"max_trials": 3}))
    assert [(item.number, item.learner, dict(item.params)) for item in found] == [
        (1, "decision_tree", {"maxDepth": 2}),
        (2, "decision_tree", {"maxDepth": 3}),
        (3, "linear_regression", {"regParam": 0.1}),
    ]


def test_label() -> None:
    assert Candidate(3, "xgboost", {"max_depth": 5, "eta": 0.1}).label == "#3 xgboost max_depth=5 eta=0.1"
