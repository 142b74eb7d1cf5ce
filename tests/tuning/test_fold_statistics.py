"""What a search measures of its folds; without Spark."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.model import Config
from pipeline.tuning.fold_statistics import needed_detail


@pytest.mark.parametrize(
    ("learners", "scale", "expected"),
    [
        (["xgboost"], ["standard"], "gaps"),
        (["xgboost", "random_forest"], ["standard"], "filling"),
        (["gbt"], ["standard"], "filling"),
        (["linear_regression"], ["standard"], "filling"),
        (["linear_regression", "xgboost"], ["standard", "robust"], "all"),
        (["xgboost"], ["robust"], "gaps"),
    ],
)
def test_no_more_is_measured_than_the_learners_use(
    learners: list[str], scale: list[str], expected: str
) -> None:
    names: dict[str, Any] = {name: {} for name in learners}
    config = Config.model_validate(
        {
            "name": "t",
            "task": "regression",
            "sources": {"rows": {"path": "/nowhere"}},
            "features": {"label": "y", "scale": scale},
            "train": {"learners": names},
        }
    )
    assert needed_detail(config) == expected
