"""Two features tables, made by the pipeline itself: flights (327,346 × 10) and a wide one (200,000 × 220)."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from examples.flights.prepare import package_data
from pipeline.config.model import Config
from pipeline.lake import Lake, Ledger
from pipeline.lake.ledger import LedgerEntry
from pipeline.lake.names import features
from pipeline.project import Project
from pipeline.tuning.rows import FOLD, SPLIT, with_splits

NUMBERS = ("month", "day", "sched_dep_time", "sched_arr_time", "distance", "hour", "minute")
CATEGORIES = ("carrier", "origin", "dest")
FLIGHTS = """
SELECT id, month, day, sched_dep_time, sched_arr_time, distance, hour, minute, carrier, origin, dest,
  CAST(arr_delay > 15 AS INT) AS late, CAST(arr_delay AS DOUBLE) AS arr_delay
FROM rows WHERE arr_delay IS NOT NULL
"""
LABEL = "label"
FOLD_COLUMN = "fold"


@dataclass(frozen=True)
class Features:
    """A features table that is published, and what of it is learned from."""

    spark: SparkSession
    folder: Path
    name: str
    entry: LedgerEntry
    numbers: Sequence[str]
    categories: Sequence[str]
    folds: int = 3

    def config(self, task: str, label: str, train: Mapping[str, Any]) -> Config:
        """A configuration of ours over this table: 98 rows of 100 tune in three folds, none stops early."""
        values = _values(self.folder, self.name, task, label, self.numbers, self.categories)
        return Config.model_validate({**values, "train": {"folds": self.folds, **train}})

    def file(self, task: str, label: str, train: Mapping[str, Any]) -> Path:
        """The same configuration as a file, for a process of its own."""
        values = _values(self.folder, self.name, task, label, self.numbers, self.categories)
        path = self.folder / "pipeline.yaml"
        path.write_text(json.dumps({**values, "train": {"folds": self.folds, **train}}))  # YAML too
        return path

    def rows(self, config: Config) -> DataFrame:
        """The rows that tune with their fold, for those who search by hand."""
        table = features(self.name)
        frame = Lake.of(self.spark, config.lake).read(table, self.entry.tables[table])
        label = config.features.label
        placed = with_splits(frame, config, [*self.numbers, *self.categories, label])
        return placed.where(F.col(SPLIT) == "train").select(
            *[F.col(name) for name in (*self.numbers, *self.categories)],
            F.col(label).alias(LABEL),
            F.col(FOLD).alias(FOLD_COLUMN),
        )


def flights(spark: SparkSession, folder: Path, limit: int | None = None) -> Features:
    """All flights of 2013 that arrived, or the first of them."""
    archive = zipfile.ZipFile(package_data() / "flights.csv.zip")
    options = pyarrow.csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True)
    with archive, archive.open("flights.csv") as stream:
        table = pyarrow.csv.read_csv(stream, convert_options=options)
    table = table.slice(0, limit)
    table = table.append_column("id", pyarrow.array(range(table.num_rows)))
    folder.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, folder / "rows.parquet")
    return _published(spark, folder, "flights", "binary", "late", NUMBERS, CATEGORIES, FLIGHTS)


def wide(spark: SparkSession, folder: Path, rows: int) -> Features:
    """Two hundred numbers and twenty categories that were made up; a tenth of them tell something."""
    numbers = [f"n{place}" for place in range(200)]
    categories = [f"c{place}" for place in range(20)]
    columns = ["id"]
    columns += [f"rand({place}) AS {name}" for place, name in enumerate(numbers)]
    columns += [
        f"concat('v', CAST(floor({10 + place} * pow(rand({500 + place}), 2)) AS INT)) AS {name}"
        for place, name in enumerate(categories)
    ]
    told = " + ".join([*numbers[:20], *(f"IF({name} = 'v0', 1, 0)" for name in categories[:4])])
    folder.mkdir(parents=True, exist_ok=True)
    made = spark.range(0, rows, numPartitions=4).selectExpr(*columns)
    made = made.selectExpr("*", f"CAST({told} + 2 * randn(999) > 12 AS INT) AS late")
    made.write.mode("overwrite").parquet(str(folder / "rows.parquet"))
    return _published(spark, folder, "wide", "binary", "late", numbers, categories, "SELECT * FROM rows")


def _values(
    folder: Path, name: str, task: str, label: str, numbers: Sequence[str], categories: Sequence[str]
) -> dict[str, Any]:
    return {
        "name": name,
        "task": task,
        "lake": {"root": str(folder / "lake")},
        "sources": {"rows": {"path": str(folder / "rows.parquet"), "format": "parquet", "key": ["id"]}},
        "features": {
            "query": FLIGHTS if name == "flights" else "SELECT * FROM rows",
            "key": ["id"],
            "label": label,
            "numeric": list(numbers),
            "categorical": list(categories),
            "exclude": sorted({"late", "arr_delay"} - {label}) if name == "flights" else [],
        },
        "split": {"train": 0.98, "validation": 0.0, "test": 0.02},
    }


def _published(
    spark: SparkSession,
    folder: Path,
    name: str,
    task: str,
    label: str,
    numbers: Sequence[str],
    categories: Sequence[str],
    query: str,
) -> Features:
    """Land, clean and derive, as any project does."""
    values = _values(folder, name, task, label, numbers, categories)
    assert values["features"]["query"] == query
    project = Project(Config.model_validate(values))
    project.ingest(spark)
    project.clean(spark)
    project.features(spark)
    entry = Ledger(Lake(spark, str(folder / "lake"))).last("features", name)
    assert entry is not None  # it has just been written
    return Features(spark, folder, name, entry, numbers, categories)
