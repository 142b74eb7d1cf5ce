"""A small project on disk: sales whose later files bring news of known keys, older rows, and bad ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.short_lives import INTERPRETED, JAVA

NAME = "shop"
SOURCE = "sales"
ROWS = 30

# Small and cold: what such a run waits for is Java starting, not rows.
CONF = {
    "spark.master": "local[2]",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.driver.extraJavaOptions": JAVA,
    **INTERPRETED,
}
YAML = """\
name: shop
task: regression
spark:
  conf:
{conf}
sources:
  sales:
    path: landing/*.csv
    batch_size: 1
    key: [id]
    types: {{price: DOUBLE}}
    max_quarantined: 0.9
    deduplicate: {{order_by: sold}}
    rules:
      price_positive: {{check: price > {floor}}}
      not_free: {{check: price <> 7, on_failure: drop}}
features: {{label: price}}
{more}"""
TRAIN = """\
train:
  folds: 2
  learners:
    linear_regression: {space: {regParam: [0.01, 0.1, 1.0]}}
    decision_tree: {space: {maxDepth: [2, 3, 4]}}
    xgboost: {params: {n_estimators: 10}, space: {max_depth: [2, 3]}}
score: {rows: all, columns: [price]}
"""
TRIALS = (3 + 3 + 2) * 2


@dataclass(frozen=True)
class Shop:
    """The project in its folder."""

    folder: Path

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def config_file(self) -> Path:
        return self.folder / "pipeline.yaml"

    def configure(self, floor: int = 0, more: str = TRAIN, conf: Mapping[str, str] = {}) -> None:
        """Write the configuration; a price at or below `floor` breaks a rule."""
        lines = "\n".join(f'    {key}: "{value}"' for key, value in {**CONF, **conf}.items())
        self.config_file.write_text(YAML.format(conf=lines, floor=floor, more=more))

    def land(self, number: int) -> None:
        """Let one file arrive, which is a batch of its own. Half of its keys were in the file before."""
        lines = ["id,sold,area,rooms,price"]
        for row in range(ROWS):
            key = number * ROWS // 2 + row - row % 10 // 9  # one key in ten is there twice
            day = (row * 7 + number * 5) % 28 + 1
            price = {2: "-1", 5: "a lot", 6: "7"}.get(row % 10, str(number * 100 + row))
            area, rooms = 2 * (number * 100 + row) + row * 7 % 11, row % 6 + 1
            lines.append(f"{key},2024-01-{day:02},{area},{rooms},{price}")
        lines.append(f"{number * 1000},2024-01-01,50,2")  # a field is missing
        (self.folder / "landing" / f"{number}.csv").write_text("\n".join(lines) + "\n")


def open_shop(folder: Path, batches: int) -> Shop:
    """A project with some files to land."""
    shop = Shop(folder)
    (folder / "landing").mkdir(parents=True)
    shop.configure()
    for number in range(batches):
        shop.land(number)
    return shop
