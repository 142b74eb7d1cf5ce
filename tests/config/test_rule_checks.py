from __future__ import annotations

from typing import Any

from pipeline.config.model import Config
from pipeline.config.rule_checks import check_rules, cleaning_order, referenced


def config(**rules: dict[str, Any]) -> Config:
    sources = {name: {"path": f"{name}.csv", "rules": declared} for name, declared in rules.items()}
    features = {"label": "price", "key": ["id"], "query": "SELECT * FROM houses"}
    return Config.model_validate(
        {"name": "demo", "task": "regression", "sources": sources, "features": features}
    )


def refers(*targets: str) -> dict[str, Any]:
    return {f"rule_{target}": {"references": {"town": f"{target}.name"}} for target in targets}


def test_a_source_is_cleaned_behind_those_it_refers_to() -> None:
    assert cleaning_order(config(c={}, b={}, a={})) == ["c", "b", "a"]
    assert cleaning_order(config(houses=refers("towns"), towns=refers("states"), states={})) == [
        "states",
        "towns",
        "houses",
    ]
    both = config(houses=refers("towns", "owners"), owners=refers("towns"), towns={})
    assert cleaning_order(both) == ["towns", "owners", "houses"]


def test_what_a_rule_refers_to() -> None:
    (rule,) = config(houses=refers("towns"), towns={}).sources["houses"].rules.values()

    assert referenced(rule) == [("town", "towns", "name")]


def test_circles_are_found_however_long() -> None:
    circle = config(houses=refers("towns"), towns=refers("states"), states=refers("houses"))

    assert [problem.path for problem in check_rules(circle)] == ["sources.houses.rules"]


def test_rules_that_are_right_have_no_problem() -> None:
    rules = {
        "check": {"check": "price IS NULL OR area IS NOT NULL OR price > 1"},
        "clock": {"check": "day <= CAST(_ingested_at AS DATE) AND unix_timestamp(day) > 1"},
        "batch": {"check_batch": "kurtosis(price) > 1 AND count(*) FILTER (WHERE price > 1) > 2"},
        "unique": {"unique": ["id", "day"], "on_failure": "warn"},
        "between": {"between": {"day": ["2024-01-31", None], "price": [-1e3, 2]}, "on_failure": "drop"},
        "length": {"length": {"town": [0, None]}, "on_failure": "fail"},
    }

    assert list(check_rules(config(houses=rules))) == []


def test_what_happens_unless_it_is_said() -> None:
    rules = (
        config(houses={"a": {"check_batch": "count(*) > 1"}, "b": {"unique": "id"}}).sources["houses"].rules
    )

    assert {name: (rule.kind, rule.action) for name, rule in rules.items()} == {
        "a": ("check_batch", "fail"),
        "b": ("unique", "quarantine"),
    }
