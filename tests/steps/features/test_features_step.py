from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.lake.lake import Lake
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.lake.writes import Txn
from pipeline.steps.features import step
from pipeline.steps.features.step import FeaturesResult, run

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


class Project:
    """A lake with one cleaned source, and its features step."""

    def __init__(self, spark: SparkSession, root: Path, **features: Any) -> None:
        self.spark = spark
        self.root = str(root)
        self.lake = Lake(spark, self.root)
        self.features = features
        self.batch = 0

    @property
    def config(self) -> Config:
        return Config.model_validate(
            {
                "name": "t",
                "task": "regression",
                "lake": {"root": self.root},
                "sources": {"houses": {"path": "/nowhere", "key": ["id"]}},
                "features": {"label": "price", **self.features},
            }
        )

    def clean(self, *rows: tuple[int, float | None, float]) -> None:
        """A finished clean batch: these rows inserted or updated in silver."""
        self.batch += 1
        frame = self.spark.createDataFrame(rows, "id int, price double, size double")
        commit = self.lake.merge("silver_houses", frame, Txn("clean/houses", self.batch), key=["id"])
        tables = {"silver_houses": commit.version}
        Ledger(self.lake).append(LedgerEntry("clean", "houses", self.batch, {}, tables, "", NOW, NOW))

    def run(self) -> FeaturesResult:
        return run(self.spark, self.config, now=NOW)

    def rows(self) -> list[tuple[Any, ...]]:
        found = self.lake.read("features_t").drop("_row_hash").orderBy("id")
        return [tuple(row) for row in found.collect()]


@pytest.fixture
def project(spark: SparkSession, tmp_path: Path) -> Project:
    return Project(spark, tmp_path, derive={"double": "size * 2"})


@pytest.mark.spark
def test_only_what_changed_moves_and_then_nothing(project: Project) -> None:
    project.clean((1, 10.0, 1.0), (2, 20.0, 2.0))
    first = project.run()
    assert (first.verdict, dict(first.rows)) == ("done", {"inserted": 2, "updated": 0, "deleted": 0})
    project.clean((2, 25.0, 2.0), (3, None, 3.0))
    second = project.run()
    assert dict(second.rows) == {"inserted": 1, "updated": 1, "deleted": 0}
    assert project.rows() == [(1, 10.0, 1.0, 2.0, 1), (2, 25.0, 2.0, 4.0, 2), (3, None, 3.0, 6.0, 2)]

    versions = {name: project.lake.version(name) for name in project.lake.tables()}
    third = project.run()
    assert (third.verdict, third.changed) == ("nothing new", False)
    assert {name: project.lake.version(name) for name in project.lake.tables()} == versions


@pytest.mark.spark
def test_a_row_that_leaves_the_query_leaves_the_table(project: Project) -> None:
    project.features = {"query": "SELECT * FROM houses WHERE price > 0 OR price IS NULL"}
    project.clean((1, 10.0, 1.0), (2, 20.0, 2.0))
    project.run()
    project.clean((1, -5.0, 1.0))
    assert dict(project.run().rows) == {"inserted": 0, "updated": 0, "deleted": 1}
    assert [row[0] for row in project.rows()] == [2]


@pytest.mark.spark
def test_other_columns_write_the_table_anew(project: Project) -> None:
    project.clean((1, 10.0, 1.0))
    project.run()
    project.features = {"derive": {"third": "size / 4"}}
    project.run()
    assert project.lake.read("features_t").columns == [
        "id",
        "price",
        "size",
        "third",
        "_row_hash",
        "_batch_id",
    ]
    assert project.rows() == [(1, 10.0, 1.0, 0.25, 2)]


@pytest.mark.spark
@pytest.mark.parametrize("moves_meanwhile", [False, True])
def test_a_batch_killed_before_its_ledger_row_is_done_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, moves_meanwhile: bool
) -> None:
    project.clean((1, 10.0, 1.0))
    project.run()
    project.clean((2, 20.0, 2.0))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step.Ledger, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            project.run()
    if moves_meanwhile:
        project.clean((3, 30.0, 3.0))
    project.run()
    expected = [(1, 10.0, 1.0, 2.0, 1), (2, 20.0, 2.0, 4.0, 2)]
    assert project.rows() == [*expected, *([(3, 30.0, 3.0, 6.0, 2)] if moves_meanwhile else [])]
    entry = Ledger(project.lake).last("features", "t")
    assert entry is not None
    assert entry.batch_id == 2
    assert entry.tables["features_t"] == project.lake.version("features_t")


@pytest.mark.spark
def test_without_cleaned_rows_it_says_what_to_run(project: Project) -> None:
    with pytest.raises(ConfigError, match=r"source 'houses' has no cleaned rows yet\. Run `pipeline ingest`"):
        project.run()
