from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.config.model import Config
from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trial_key import candidate_key, ground_key, trial_key

CANDIDATE = Candidate(1, "xgboost", {"max_depth": 3, "learning_rate": 0.1}, {"scale": "robust"})


def config(**more: Any) -> Config:
    values: dict[str, Any] = {
        "name": "houses",
        "task": "regression",
        "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
        "features": {"label": "price"},
    }
    return Config.model_validate(values | more)


def test_keys_are_the_same_in_every_process() -> None:
    assert trial_key(candidate_key("ground", CANDIDATE), 0, 1) == (
        "d51471f9b8464b7c90dffc121b2a43c9d4c2653f62e52d6c0e939070be08635a"
    )


def test_the_order_of_parameters_and_a_candidates_number_make_no_difference() -> None:
    other = Candidate(7, "xgboost", {"learning_rate": 0.1, "max_depth": 3}, {"scale": "robust"})
    assert candidate_key("ground", other) == candidate_key("ground", CANDIDATE)


@pytest.mark.parametrize(
    "other",
    [
        replace(CANDIDATE, learner="gbt"),
        replace(CANDIDATE, params={"max_depth": 3, "learning_rate": 0.1, "gamma": 0}),
        replace(CANDIDATE, params={"max_depth": 3, "learning_rate": 0.2}),
        replace(CANDIDATE, features={}),
    ],
)
def test_whatever_makes_another_candidate_makes_another_key(other: Candidate) -> None:
    assert candidate_key("ground", other) != candidate_key("ground", CANDIDATE)


def test_fold_and_share_make_another_trial() -> None:
    keys = {trial_key("candidate", fold, share) for fold in (0, 1) for share in (0.25, 0.5, 1.0)}
    assert len(keys) == 6


@pytest.mark.parametrize(
    "more",
    [
        {"seed": 7},
        {"features": {"label": "price", "impute": "mean"}},
        {"features": {"label": "price", "exclude": ["town"]}},
        {"split": {"salt": "another"}},
        {"train": {"folds": 5}},
        {"train": {"label_transform": "log1p"}},
        {"train": {"metric": "mae"}},
    ],
)
def test_another_ground_makes_other_trials(more: dict[str, Any]) -> None:
    assert ground_key(config(**more), "features_houses", 3, "1.0") != ground_key(
        config(), "features_houses", 3, "1.0"
    )


def test_other_rows_and_another_version_of_the_code_make_other_trials() -> None:
    grounds = {
        ground_key(config(), table, version, code)
        for table in ("features_houses", "features_flats")
        for version in (3, 4)
        for code in ("1.0", "1.1")
    }
    assert len(grounds) == 8


def test_what_only_chooses_candidates_makes_no_difference() -> None:
    more = config(train={"learners": {"xgboost": {}}, "every": "30d"})
    assert ground_key(more, "t", 1, "1.0") == ground_key(config(), "t", 1, "1.0")
