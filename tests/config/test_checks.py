"""What must pass beside what the gallery refuses, and how the label is followed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load_config
from pipeline.config.checks import CHECKS, problems_across
from pipeline.config.model import Config
from pipeline.config.sources import Source

Write = Callable[..., str]


@pytest.mark.parametrize(
    "text",
    [
        "features: {exclude: [per_area], derive: {per_area: price / area}}",
        "features: {derive: {price: list_price * 2, twice: area * 2}}",
        "sources: {houses: {schema: 'id BIGINT, at DATE', key: id, deduplicate: {order_by: at}}}",
        "sources: {houses: {schema: 'id BIGINT', key: ID}}",
        "sources: {houses: {path: data/, format: json}}",
        "train: {folds: 0}",
        "split: {train: 0.8, validation: 0, test: 0.2}",
        "promote: {thresholds: {r2: {min: -1}, mape: {max: 0.2}, rmse: {min: 1, max: 1}}}",
        "features: {numeric: [a], categorical: [b], exclude: [c], key: [d]}",
        "spark: {conf: {spark.ui.enabled: false}}",
        "score: {columns: [price, price_prediction]}",
    ],
)
def test_right_ones(write: Write, minimal: str, text: str) -> None:
    assert problems_across(load_config([minimal, write(text, "above.yaml")], environ={})) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a/b.csv", "csv"),
        ("a/*.CSV.gz", "csv"),
        ("b.jsonl", "json"),
        ("b.ndjson.zst", "json"),
        ("s3a://x/y/part-*.snappy.parquet", "parquet"),
        ("a.csv/", None),
        ("folder.v2/b", None),
        ("b.gz", None),
    ],
)
def test_the_format_is_told_from_the_extension(path: str, found: str | None) -> None:
    assert Source(path=path).file_format == found
    assert Source(path=path, format="json").file_format == "json"


def test_the_label_is_followed_through_excluded_columns_only() -> None:
    derive = {"Ratio": "PRICE / area", "twice": "ratio * 2", "fine": "area * 2"}
    config = made(features={"label": "price", "derive": derive, "exclude": ["ratio"]})
    assert [problem.path for problem in problems_across(config)] == ["features.derive.twice"]


def test_each_check_is_quiet_about_a_right_configuration() -> None:
    config = made(features={"label": "price"})
    assert [list(check(config)) for check in CHECKS] == [[] for _ in CHECKS]


def made(**sections: object) -> Config:
    return Config.model_validate(
        {"name": "a", "task": "regression", "sources": {"houses": {"path": "a.csv"}}, **sections}
    )


def test_ten_thousand_columns_are_read(tmp_path: Path) -> None:
    columns = [f"c{number}" for number in range(10_000)]
    path = tmp_path / "wide.yaml"
    path.write_text(
        "name: wide\ntask: regression\nsources: {rows: {path: x.csv, key: [id]}}\n"
        f"features: {{label: y, numeric: [{', '.join(columns)}]}}\n",
        encoding="utf-8",
    )
    assert load_config([path], environ={}).features.numeric == tuple(columns)
