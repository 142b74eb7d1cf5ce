from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError
from pipeline.learners.choices import validate_learners

HEAD = """\
name: demo
task: regression
sources: {houses: {path: data/*.csv}}
features: {label: price%s}
train:
  search: {strategy: random}
  learners:
    xgboost:
%s
"""


@pytest.mark.parametrize(
    ("features", "learner", "sentence"),
    [
        (
            "",
            "      space:\n        max_depth: [3, 40]",
            "10: Learner 'xgboost': parameter 'max_depth' is 40; allowed: a whole number from 1 to 30.",
        ),
        (
            "",
            "      space:\n        max_depth: {low: 2, high: 40}",
            "10: Learner 'xgboost': parameter 'max_depth' is 40; allowed: a whole number from 1 to 30.",
        ),
        (
            "",
            "      space:\n        max_depth: {low: 2.5, high: 9}",
            "10: Learner 'xgboost': parameter 'max_depth' is 2.5; allowed: a whole number from 1 to 30.",
        ),
        (
            "",
            "      params: {}\n      space:\n        objective: {low: 1, high: 2}",
            (
                "11: Learner 'xgboost': parameter 'objective' is 1; allowed: one of reg:squarederror,"
                " reg:absoluteerror, reg:pseudohubererror."
            ),
        ),
        (
            ", scale: [standard, robust]",
            "      params: {}",
            (
                "4: 'features.scale' lists 2 values to search, and it changes nothing for xgboost. Write one"
                " value, or compare a learner that it matters to."
            ),
        ),
    ],
)
def test_what_cannot_be_searched_is_told_with_its_line(
    features: str, learner: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf.yaml").write_text(HEAD % (features, learner), encoding="utf-8")
    config = load_config(["conf.yaml"], environ={})
    with pytest.raises(ConfigError) as refused:
        validate_learners(config)
    assert str(refused.value) == f"conf.yaml:{sentence}"


def test_a_list_that_matters_to_one_learner_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    more = "      params: {}\n    linear_regression:"
    path.write_text(HEAD % (", scale: [standard, robust]", more), encoding="utf-8")
    validate_learners(load_config([path], environ={}))
