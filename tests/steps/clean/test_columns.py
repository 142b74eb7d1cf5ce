"""Columns from the YAML to silver: cleaned, given to a function, added later, refused, and killed between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from pipeline.config import load_config
from pipeline.errors import DataRefused
from pipeline.lake import Lake, Ledger
from pipeline.steps.clean.contract import Contracts
from pipeline.steps.clean.decision import NO_DECISION, Decision
from pipeline.steps.clean.result import CleanResult
from pipeline.steps.clean.step import run
from pipeline.steps.ingest.step import run as ingest
from tests.doubles import Killed, killed
from tests.small_project import NOON

pytestmark = pytest.mark.spark

YAML = """\
name: demo
task: regression
features: {label: price}
sources:
  houses:
    path: files
    format: csv
    key: [id]
    columns:
      Sale Price: {rename: price, decimal: ",", thousands: .}
      town: {trim: true, case: lower, map: {ames: Ames}}
    transform: mend:houses
    transform_settings: {cheapest: 5}
    max_quarantined: 1
"""
MEND = """\
def houses(df, settings):
    return df.where(df.price >= settings["cheapest"])
"""


class Project:
    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark, self.folder = spark, folder
        (folder / "files").mkdir()
        (folder / "mend.py").write_text(MEND)
        self.lake = Lake(spark, str(folder / "lake"))

    def clean(self, more: str, decision: Decision = NO_DECISION) -> CleanResult:
        """Land what is in the files and clean it, with `more` keys of the source."""
        (self.folder / "pipeline.yaml").write_text(YAML + more)
        config = load_config([self.folder / "pipeline.yaml"], environ={})
        ingest(self.spark, config, now=NOON)
        return run(self.spark, config, now=NOON, decision=decision)

    def land(self, name: str, *lines: str) -> None:
        (self.folder / "files" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def rows(self, *columns: str) -> list[tuple[Any, ...]]:
        return sorted(tuple(row) for row in self.lake.read("silver_houses").select(*columns).collect())

    def ledger(self, batch_id: int) -> dict[str, int]:
        entries = Ledger(self.lake).entries("clean", "houses")
        (rows,) = [entry.rows for entry in entries if entry.batch_id == batch_id]
        return {term: count for term, count in rows.items() if count}

    def contract(self) -> str:
        return (self.folder / "contracts" / "demo" / "houses.sql").read_text()


def test_columns_from_the_first_batch_to_the_last(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(spark, tmp_path)
    adds = "    options: {sep: ;}\n    on_new_column: add\n    on_missing_column: null\n"
    project.land("a.csv", "id;Sale Price;town", "1;1.234,50; AMES", "2;12,5;other", "3;1,5;x", "4;1.5;y")
    project.clean(adds)

    assert project.rows("id", "price", "town") == [(1, 1234.5, "Ames"), (2, 12.5, "other")]
    assert project.ledger(1) == {
        "read": 4,
        "quarantined": 1,
        "quarantined.type": 1,
        "lost": 1,
        "inserted": 2,
    }
    assert "`price` DOUBLE,  -- received as Sale Price" in project.contract()
    assert "floors" not in project.contract()

    project.land("b.csv", "id;Sale Price;floors", "2;13;3", "5;70;2")
    with monkeypatch.context() as patched:
        patched.setattr(Lake, "merge", killed)
        patched.setattr(Lake, "append", _append_all_but_silver(Lake.append))
        with pytest.raises(Killed):
            project.clean(adds)
    project.clean(adds)

    assert project.rows("id", "price", "town", "floors") == [
        (1, 1234.5, "Ames", None),
        (2, 13.0, None, 3),
        (5, 70.0, None, 2),
    ]
    newest = Contracts(project.lake).newest("houses")
    assert newest is not None
    assert (newest.version, newest.batch_id) == (2, 2)
    assert newest.contract.ddl == "`id` BIGINT, `price` DOUBLE, `town` STRING, `floors` BIGINT"
    assert "`floors` BIGINT" in project.contract()


def _append_all_but_silver(append: Any) -> Any:
    """A batch beside all keys of silver is appended, not merged: killed there as well."""

    def guarded(self: Lake, table: str, *args: Any, **kwargs: Any) -> Any:
        return killed() if table == "silver_houses" else append(self, table, *args, **kwargs)

    return guarded


def test_a_batch_whose_columns_are_refused_waits_for_a_decision(spark: SparkSession, tmp_path: Path) -> None:
    project = Project(spark, tmp_path)
    fails = "    on_new_column: fail\n"
    project.land("a.csv", "id,Sale Price,town", "1,10,Ames")
    project.clean(fails)
    project.land("b.csv", "id,Sale Price,town,floors", "2,20,Ames,3")

    with pytest.raises(
        DataRefused, match=r"it has the column floors, which the contract lacks, and sources\."
    ):
        project.clean(fails)
    assert project.rows("id") == [(1,)]
    accept = Decision(accept=2, source="houses", reason="the roof is next")
    project.clean(fails, decision=accept)

    assert project.rows("id", "town") == [(1, "Ames"), (2, "Ames")]
    assert "floors" not in project.lake.read("silver_houses").columns
    assert project.contract().count("`") == 6
    assert Contracts(project.lake).newest("houses").version == 1  # type: ignore[union-attr]
