from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.doctor.finding import fine
from pipeline.doctor.machine import Facts
from pipeline.doctor.slots import DYNAMIC, check_dynamic_allocation, check_slots
from tests.doctor.made import GIGABYTE, WELL, config


def dynamic(trial_bytes: int | None = None, **train: Any) -> Facts:
    return replace(WELL, config=config(**train), settings={DYNAMIC: "true"}, trial_bytes=trial_bytes)


def test_slots_are_counted() -> None:
    assert check_slots(WELL) == fine("slots", "4 slots on 2 executors")
    wide = replace(WELL, settings={"spark.task.cpus": "4"}, slots=1)
    assert check_slots(wide) == fine("slots", "1 slot of 4 cores on 2 executors")
    assert check_slots(replace(WELL, master="local[2]", slots=2)) == fine("slots", "2 slots on this machine")


def test_executors_that_did_not_come_are_a_warning() -> None:
    found = check_slots(replace(WELL, settings={"spark.executor.instances": "5"}))
    assert (found.state, found.said) == ("warning", "4 slots on 2 executors; 5 executors were asked for.")


def test_one_slot_for_all_workers_is_a_warning() -> None:
    found = check_slots(replace(WELL, config=config(placement="distributed"), slots=1))
    assert (found.state, found.said) == (
        "warning",
        "1 slot on 2 executors, and train.placement is distributed: one task does it all.",
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (WELL, "off"),
        (dynamic(learners={"linear_regression": {}}), "on; no learner needs all its tasks at once"),
        (dynamic(placement="local"), "on; no learner needs all its tasks at once"),
        (dynamic(GIGABYTE), "on; xgboost trains in one task (1.0 GB of 2.0 GB)"),
    ],
)
def test_dynamic_allocation_without_a_barrier_is_fine(facts: Facts, said: str) -> None:
    assert check_dynamic_allocation(facts) == fine("dynamic allocation", said)


@pytest.mark.parametrize(
    ("facts", "state", "said"),
    [
        (
            dynamic(),
            "warning",
            "It is on: Spark would refuse xgboost where a trial needs more than train.local_memory (2.0 GB).",
        ),
        (
            dynamic(3 * GIGABYTE),
            "fault",
            "It is on, and xgboost needs all workers for 3.0 GB (train.local_memory: 2.0 GB).",
        ),
        (
            dynamic(placement="distributed"),
            "fault",
            "It is on, and train.placement is distributed: Spark refuses to train xgboost on all workers.",
        ),
    ],
)
def test_a_barrier_needs_executors_that_stay(facts: Facts, state: str, said: str) -> None:
    found = check_dynamic_allocation(facts)
    assert (found.state, found.said) == (state, said)
    assert found.advice == (
        "submit with --conf spark.dynamicAllocation.enabled=false and a fixed number of executors, or set "
        "train.placement: local."
    )
