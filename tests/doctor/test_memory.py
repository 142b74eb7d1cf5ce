from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.doctor.finding import fine
from pipeline.doctor.machine import Facts
from pipeline.doctor.memory import check_memory, overhead, spark_bytes, trial_bytes
from tests.doctor.made import GIGABYTE, ONE, TWO, WELL, config, machine

YARN = {"spark.executor.memory": "8g"}


def on_yarn(trial: int | None = None, settings: dict[str, str] = YARN, **train: Any) -> Facts:
    return replace(WELL, master="yarn", settings=settings, trial_bytes=trial, config=config(**train))


def test_room_on_each_machine_is_fine() -> None:
    said = f"a trial takes up to 2.0 GB, 2 at once; {ONE} has 16.0 GB beside Java's heap"
    assert check_memory(WELL) == fine("trial memory", said)


def test_executors_of_one_machine_share_its_memory() -> None:
    both = replace(
        WELL, executors=(machine(ONE, memory=6 * GIGABYTE), machine(TWO, memory=6 * GIGABYTE, host="a"))
    )
    found = check_memory(both)
    assert (found.state, found.said) == (
        "warning",
        f"A trial takes up to 2.0 GB, 2 at once; {ONE} has 3.0 GB beside Java's heap.",
    )


def test_a_container_that_is_too_small_for_a_known_trial_is_a_fault() -> None:
    found = check_memory(on_yarn(3 * GIGABYTE // 2))
    assert (found.state, found.said) == (
        "fault",
        f"A trial takes about 1.5 GB, and {ONE} has 819 MB beside Java's heap.",
    )
    assert found.advice.startswith("submit with --conf spark.executor.memoryOverhead=1537m, or lower")


def test_a_container_that_is_too_small_for_the_bound_is_a_warning() -> None:
    found = check_memory(on_yarn())
    assert (found.state, found.said) == (
        "warning",
        f"A trial takes up to 2.0 GB, 2 at once; {ONE} has 819 MB beside Java's heap.",
    )
    assert found.advice.startswith("submit with --conf spark.executor.memoryOverhead=4097m, or lower")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (on_yarn(placement="distributed"), "train.placement is distributed: no trial is inside one task"),
        (on_yarn(learners={"random_forest": {}}), "no learner here is tried inside one task"),
        (
            on_yarn(3 * GIGABYTE),
            "a trial takes 3.0 GB, above train.local_memory: all workers train it together",
        ),
        (
            replace(WELL, executors=(machine(ONE, memory=None),)),
            "no executor tells how much memory it has",
        ),
    ],
)
def test_what_needs_no_memory_in_one_task_is_fine(facts: Facts, said: str) -> None:
    assert check_memory(facts) == fine("trial memory", said)


@pytest.mark.parametrize(
    ("master", "settings", "megabytes"),
    [
        ("yarn", {}, 384),
        ("yarn", {"spark.executor.memory": "10g"}, 1024),
        ("k8s://https://x", {"spark.executor.memory": "10g"}, 4096),
        ("yarn", {"spark.executor.memory": "10g", "spark.executor.memoryOverhead": "3g"}, 3072),
        ("yarn", {"spark.executor.memoryOverhead": "500", "spark.executor.pyspark.memory": "1g"}, 1524),
        ("yarn", {"spark.executor.memory": "10g", "spark.executor.memoryOverheadFactor": "0.3"}, 3072),
    ],
)
def test_what_a_container_has_beside_the_heap(master: str, settings: dict[str, str], megabytes: int) -> None:
    assert overhead(settings, master) == megabytes * 2**20


def test_sizes_as_spark_writes_them() -> None:
    texts = ("4g", "512m", "512", "1048576b", "2gb", "half")
    assert [spark_bytes(text) // 2**20 for text in texts] == [4096, 512, 512, 1, 2048, 0]


def test_the_largest_trial_is_that_of_the_deepest_trees() -> None:
    shallow = config(learners={"xgboost": {"space": {"max_depth": [2, 3]}}})
    deep = config(learners={"xgboost": {"space": {"max_depth": {"low": 2, "high": 12}}}})
    linear = config(learners={"linear_regression": {}})
    assert trial_bytes(linear, 1_000, 10) == 190_000
    assert trial_bytes(config(learners={"random_forest": {}}), 1_000, 10) == 0
    assert (
        trial_bytes(linear, 100_000, 10) < trial_bytes(shallow, 100_000, 10) < trial_bytes(deep, 100_000, 10)
    )
