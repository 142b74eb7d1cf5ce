from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import types as T

from pipeline.config.model import Config
from pipeline.lake.sizes import TableSize
from pipeline.plan.cluster import Cluster
from pipeline.plan.data import Ground
from pipeline.plan.training import Width, plan_train, width_of

GB = 2**30
CLUSTER = Cluster(slots=8, cache_bytes=4 * GB, is_local=False, machine_bytes=16 * GB)
LEARNERS = {
    "linear_regression": {"space": {"regParam": [0.01, 0.1]}},
    "xgboost": {"space": {"max_depth": [3, 5, 7]}},
    "random_forest": {"space": {"maxDepth": [5]}},
}


def schema() -> T.StructType:
    kinds = {"id": T.LongType(), "area": T.DoubleType(), "rooms": T.IntegerType(), "town": T.StringType()}
    kinds |= {"price": T.DoubleType(), "_batch_id": T.LongType()}
    return T.StructType([T.StructField(name, kind) for name, kind in kinds.items()])


def config_of(**train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "houses",
            "task": "regression",
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
            "train": {"folds": 3, "learners": LEARNERS, **train},
        }
    )


def ground_of(config: Config, rows: int) -> Ground:
    features = TableSize(3, 4, rows * 12, rows, schema())
    return Ground(config, CLUSTER, {}, features, features_stand=True)


def test_inputs_are_told_by_their_types() -> None:
    assert width_of(schema(), config_of(), None) == Width(numbers=1, whole=1, texts=1)


def test_every_candidate_is_counted_on_every_fold_where_it_would_run() -> None:
    config = config_of()
    small, large = (plan_train(ground_of(config, rows), schema(), None, "asked") for rows in (10_000, 10**9))
    assert small.fits == {"local": 15, "distributed": 3, "winner": 1}
    assert large.fits == {"distributed": 18, "winner": 1}
    assert [read.place for read in small.reads] == ["features_houses"]
    assert (small.scans, small.read_bytes) == (5, 5 * 120_000)
    assert [memory.whose for memory in small.memory] == [
        "Spark's cache, the rows to fit",
        "one task (train.local_memory)",
    ]
    assert all(memory.is_enough for memory in small.memory)
    assert [memory.is_enough for memory in large.memory] == [False]


@pytest.mark.parametrize(
    ("search", "fits", "notes"),
    [
        ({"strategy": "random", "max_trials": 4}, 12, ()),
        (
            {"strategy": "grid", "time_budget": "1h"},
            18,
            ("the search may end before all candidates are tried: these are the most",),
        ),
        (
            {"strategy": "random", "time_budget": "1h"},
            18,
            ("time alone ends the search, after 1:00:00; counted is its first wave",),
        ),
    ],
)
def test_a_search_that_may_end_early_is_planned_to_its_bound(
    search: dict[str, Any], fits: int, notes: tuple[str, ...]
) -> None:
    config = config_of(search=search)
    found = plan_train(ground_of(config, 10_000), schema(), None, "asked")
    assert sum(found.fits.values()) - 1 == fits
    assert found.notes == notes
