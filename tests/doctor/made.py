"""A cluster of two executors as it answers when all is well, to be made ill one fact at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline.config.model import Config
from pipeline.doctor.machine import Facts, Jvm, Machine
from pipeline.doctor.words import DRIVER

ONE, TWO = "executor 1 on a", "executor 2 on b"
PACKAGES = {"numpy": "2.4.6", "pandas": "2.3.3", "pyarrow": "25.0.1", "scipy": "1.17.1", "xgboost": "3.2.0"}
GIGABYTE = 2**30


def config(**train: Any) -> Config:
    return Config.model_validate(
        {
            "name": "houses",
            "task": "regression",
            "lake": {"root": "/lake"},
            "sources": {"houses": {"path": "houses.csv", "key": ["id"]}},
            "features": {"label": "price"},
            "train": train,
        }
    )


def machine(label: str, **other: Any) -> Machine:
    well = Machine(
        label,
        host=label[-1],
        python="3.11.7",
        packages=PACKAGES,
        disks=(("/local", 100 * GIGABYTE),),
        memory=16 * GIGABYTE,
        token="there",
        tasks=2,
    )
    return replace(well, **other)


def jvm(label: str, **other: str) -> Jvm:
    return replace(Jvm(label, "17.0.15", "2.13.17", "4.2.0", "4.4.0"), **other)


WELL = Facts(
    config(),
    machine(DRIVER, host="d"),
    (machine(ONE), machine(TWO)),
    (jvm(DRIVER), jvm(ONE), jvm(TWO)),
    {},
    "spark://a:7077",
    slots=4,
)


def with_second(facts: Facts = WELL, **other: Any) -> Facts:
    """The second executor is not as the others."""
    return replace(facts, executors=(facts.executors[0], machine(TWO, **other)))


def with_second_jvm(**other: str) -> Facts:
    """The JVM of the second executor is not as the others."""
    return replace(WELL, jvms=(*WELL.jvms[:2], jvm(TWO, **other)))
