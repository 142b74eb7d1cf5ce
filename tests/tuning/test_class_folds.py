from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.tuning.class_folds import validate_class_folds
from pipeline.tuning.class_target import validate_classes
from pipeline.tuning.rows import RowCounts


def config(split: dict[str, Any] | None = None, **train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "binary",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "y"},
            "split": split or {},
            "train": train,
        }
    )


def counts(*folds: int, validation: int = 9) -> RowCounts:
    return RowCounts(0, {"train": sum(folds), "validation": validation, "test": 9}, folds)


RARE = {"no": counts(20, 30, 25), "yes": counts(1, 0, 2)}


def test_a_fold_of_one_class_is_told_with_the_way_out() -> None:
    with pytest.raises(ConfigError) as refused:
        validate_classes(RARE, 0, config())
    assert str(refused.value) == (
        "train.folds: fold 2 of 3 has rows of one class only ('no', 30 rows), and auc_roc compares classes. "
        "Use fewer folds, split.stratify: true, more data, or train.metric: log_loss."
    )


def test_stratified_rows_and_groups_are_not_told_to_stratify() -> None:
    for split in ({"stratify": True}, {"by": "group", "group": "house"}):
        with pytest.raises(ConfigError, match=r"Use fewer folds, more data, or train\.metric"):
            validate_class_folds(RARE, config(split))


def test_validation_rows_of_one_class() -> None:
    found = {"no": counts(validation=30), "yes": counts(validation=0)}
    with pytest.raises(ConfigError) as refused:
        validate_class_folds(found, config(folds=0))
    assert str(refused.value) == (
        "train.folds: folds is 0, and the validation rows that judge have rows of one class only ('no', 30 "
        "rows), and auc_roc compares classes. Use folds: 3, split.stratify: true, more data, or "
        "train.metric: log_loss."
    )


def test_other_metrics_are_defined() -> None:
    validate_class_folds(RARE, config(metric="log_loss"))
    validate_class_folds({"no": counts(2, 3, 4), "yes": counts(1, 1, 1)}, config())
