"""The example's configuration is right, and every real sale keeps its rules."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.config.sql import columns_in, read_batch_condition, read_expression

ROOT = Path(__file__).parents[2]
DATA = ROOT / "examples" / "house_prices" / "data"


@pytest.fixture(scope="module")
def sales() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for year in range(2006, 2011):
        with (DATA / f"{year}.csv").open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def test_its_paths_are_those_of_the_checkout() -> None:
    config = load_config([ROOT / "conf" / "house_prices.yaml"], environ={})
    assert config.lake.root == str(ROOT / "lake" / "house_prices")
    assert config.sources["houses"].path == str(DATA / "*.csv")
    assert config.key == ("Order",)


def test_every_column_it_names_exists(sales: list[dict[str, str]]) -> None:
    config = load_config([ROOT / "conf" / "house_prices.yaml"], environ={})
    source, features = config.sources["houses"], config.features
    named = {*source.types, *(source.key or ()), *features.exclude, features.label, *config.score.columns}
    named |= {column for rule in source.rules.values() for column in rule.columns}
    assert named <= set(sales[0])
    checks = [rule.check for rule in source.rules.values() if rule.check]
    trees = [read_expression(text).tree for text in [*checks, *features.derive.values()]]
    trees += [
        read_batch_condition(rule.check_batch).tree for rule in source.rules.values() if rule.check_batch
    ]
    used = {name for tree in trees if tree is not None for name in columns_in(tree)}
    assert used <= {name.lower() for name in sales[0]}


RULES = {
    "price_positive": lambda row: float(row["Sale_Price"]) > 0,
    "area_positive": lambda row: int(row["Gr_Liv_Area"]) > 0 and int(row["Lot_Area"]) > 0,
    "built_before_sold": lambda row: 1800 <= int(row["Year_Built"]) <= int(row["Year_Sold"]) + 1,
    "month_plausible": lambda row: 1 <= int(row["Mo_Sold"]) <= 12,
}


def test_the_rules_below_are_those_of_the_example() -> None:
    rules = load_config([ROOT / "conf" / "house_prices.yaml"], environ={}).sources["houses"].rules
    assert {name: rule.check or rule.between or rule.check_batch for name, rule in rules.items()} == {
        "price_positive": "Sale_Price > 0",
        "area_positive": "Gr_Liv_Area > 0 AND Lot_Area > 0",
        "built_before_sold": "Year_Built BETWEEN 1800 AND Year_Sold + 1",
        "month_plausible": {"Mo_Sold": (1, 12)},
        "average_plausible": "avg(Sale_Price) BETWEEN 50000 AND 500000",
    }


@pytest.mark.parametrize("name", RULES)
def test_no_real_sale_breaks_a_rule(name: str, sales: list[Mapping[str, str]]) -> None:
    assert len(sales) == 2930
    assert [row["Order"] for row in sales if not RULES[name](row)] == []


def test_all_but_three_houses_have_the_same_utilities(sales: list[dict[str, str]]) -> None:
    assert sum(row["Utilities"] != "AllPub" for row in sales) == 3


def test_the_excluded_area_is_no_area(sales: list[dict[str, str]]) -> None:
    assert {int(row["BsmtFin_SF_1"]) for row in sales} == set(range(8))
