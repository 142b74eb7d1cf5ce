from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from pipeline.config.model import Config
from pipeline.errors import ConfigError
from pipeline.tuning import strata
from pipeline.tuning.folds import fold_of, split_of
from pipeline.tuning.splits import ResolvedSplit, resolve, stored_split

pytestmark = pytest.mark.spark
RARE, COMMON = 40, 960


@pytest.fixture(scope="module")
def rows(spark: SparkSession) -> DataFrame:
    """One row in 25 is of the rare class; one has no label."""
    kind = f"CASE WHEN id < {RARE} THEN 'rare' WHEN id < {RARE + COMMON} THEN 'common' END"
    return spark.range(RARE + COMMON + 1).selectExpr("id", f"{kind} AS kind")


def config(**split: Any) -> Config:
    return Config.model_validate(
        {
            "name": "t",
            "task": "binary",
            "sources": {"rows": {"path": "/nowhere", "key": ["id"]}},
            "features": {"label": "kind", "positive": "rare"},
            "split": {"stratify": True, **split},
        }
    )


def split(rows: DataFrame, configuration: Config, before: ResolvedSplit | None = None) -> ResolvedSplit:
    resolved = resolve(rows, configuration, before).split
    assert isinstance(resolved, ResolvedSplit)
    return resolved


def places(rows: DataFrame, found: ResolvedSplit) -> dict[int, tuple[str, str, int]]:
    part, fold = split_of(["id"], found).alias("part"), fold_of(["id"], found, 3).alias("fold")
    placed = rows.select("*", part, fold).collect()
    return {row["id"]: (row["kind"], row["part"], row["fold"]) for row in placed}


def test_every_part_and_fold_has_its_share_of_each_class(rows: DataFrame) -> None:
    found = split(rows, config())
    placed = places(rows.repartition(5), found)
    parts = Counter(place[:2] for place in placed.values())
    # Where two rows share a ten-thousandth of the hash, both are on one side of a cut.
    for kind, shares in {"rare": [28, 6, 6], "common": [672, 144, 144]}.items():
        assert [parts[kind, part] for part in ("train", "validation", "test")] == pytest.approx(shares, abs=1)
    folds = Counter((kind, fold) for kind, part, fold in placed.values() if part == "train")
    assert [folds["common", fold] for fold in range(3)] == pytest.approx([224] * 3, abs=2)
    assert [folds["rare", fold] for fold in range(3)] == pytest.approx([28 / 3] * 3, abs=2)
    assert stored_split(found.model_dump(mode="json")) == found


def test_rows_stay_where_they_are_when_others_come(rows: DataFrame) -> None:
    some = rows.where("id % 3 > 0")
    first = split(some, config())
    more = rows.union(rows.sparkSession.sql("SELECT 5000L + id, 'new' FROM range(10)"))
    later = split(more, config(), first)
    before, after = places(some, first), places(more, later)
    assert before == {key: after[key] for key in before}
    assert [each.value for each in later.strata.classes] == ["common", "new", "rare"]  # type: ignore[union-attr]
    other = split(more, config(salt="other"), first)
    assert other.strata.classes[0] != first.strata.classes[0]  # type: ignore[union-attr]


def test_a_label_with_too_many_values_is_no_class(rows: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strata, "MOST_CLASSES", 1)
    with pytest.raises(ConfigError, match="'kind' has more than 1 values"):
        resolve(rows, config())
