"""The examples of docs/tuning.md are configurations."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.learners import LEARNERS
from pipeline.learners.choices import validate_learners

PAGE = (Path(__file__).parents[2] / "docs" / "tuning.md").read_text(encoding="utf-8")
EXAMPLES = [part.split("```")[0] for part in PAGE.split("```yaml\n")[1:]]
HEAD = "name: demo\ntask: regression\nsources: {houses: {path: x.csv}}\nfeatures: {label: price}\n"


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_allowed(example: str, tmp_path: Path) -> None:
    (tmp_path / "head.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "more.yaml").write_text(example, encoding="utf-8")
    validate_learners(load_config([tmp_path / "head.yaml", tmp_path / "more.yaml"], environ={}))


def test_every_strategy_has_one() -> None:
    for name in ("grid", "random", "halving", "hyperband", "tpe"):
        assert any(f"strategy: {name}" in example for example in EXAMPLES)


def test_the_order_of_learners_is_the_one_that_counts() -> None:
    order = ", ".join(f"`{name}`" for name in LEARNERS)
    assert order in " ".join(PAGE.split())
