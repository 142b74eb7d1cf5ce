from __future__ import annotations

from dataclasses import replace

import pytest
from pyspark import __version__ as pyspark_version

from pipeline.doctor.finding import Finding, fine
from pipeline.doctor.machine import Facts
from pipeline.doctor.versions import check_delta, check_java, check_python, check_scala, check_spark
from tests.doctor.made import WELL, jvm, with_second, with_second_jvm

FIRST_TWO = "the driver, executor 1 on a"


def test_versions_that_agree_are_fine() -> None:
    everywhere = "the driver and 2 executors"
    assert check_java(WELL) == fine("java", f"Java 17.0.15 on {everywhere}")
    assert check_scala(WELL) == fine("scala", f"Scala 2.13.17 on {everywhere}")
    assert check_delta(WELL) == fine("delta", f"Delta 4.4.0 on {everywhere}, the package delta-spark 4.4.0")
    assert check_python(WELL) == fine("python", f"Python 3.11.7 on {everywhere}")
    said = f"Spark {pyspark_version} on {everywhere}, the package pyspark {pyspark_version}"
    installed = replace(WELL, jvms=tuple(jvm(one.label, spark=pyspark_version) for one in WELL.jvms))
    assert check_spark(installed) == fine("spark", said)


def told(finding: Finding) -> tuple[str, str]:
    return finding.state, finding.said


@pytest.mark.parametrize(
    ("ill", "state", "said"),
    [
        (
            with_second_jvm(java="21"),
            "warning",
            "Java 17.0.15 on the driver, executor 1 on a, 21 on executor 2 on b.",
        ),
        (
            with_second_jvm(java="1.8.0_392"),
            "fault",
            f"Java 17.0.15 on {FIRST_TWO}, 1.8.0_392 on executor 2 on b; Spark needs 17 or newer.",
        ),
    ],
)
def test_java(ill: Facts, state: str, said: str) -> None:
    assert told(check_java(ill)) == (state, said)


def test_another_scala_is_a_fault() -> None:
    found = check_scala(with_second_jvm(scala="2.12.18"))
    assert told(found) == (
        "fault",
        "Scala 2.13.17 on the driver, executor 1 on a, 2.12.18 on executor 2 on b; 2.13 is needed.",
    )


@pytest.mark.parametrize(("spark", "state"), [("4.2.9", "warning"), ("4.1.0", "fault"), ("3.5.1", "fault")])
def test_another_spark(spark: str, state: str) -> None:
    found = check_spark(with_second_jvm(spark=spark))
    assert found.state == state
    assert found.said == (
        f"Spark 4.2.0 on {FIRST_TWO}, {spark} on executor 2 on b, the package pyspark {pyspark_version}."
    )


def test_executors_without_deltas_classes_are_a_fault() -> None:
    found = check_delta(with_second_jvm(delta=""))
    assert told(found) == ("fault", "Delta's classes are missing on executor 2 on b.")
    assert found.advice == (
        'give the jars to Spark itself, not to the driver alone: --jars "$(python -m pipeline.jars)".'
    )


@pytest.mark.parametrize(("delta", "state"), [("4.4.9", "warning"), ("4.3.1", "fault")])
def test_another_delta(delta: str, state: str) -> None:
    found = check_delta(with_second_jvm(delta=delta))
    assert told(found) == (
        state,
        f"Delta 4.4.0 on {FIRST_TWO}, {delta} on executor 2 on b, the package delta-spark 4.4.0.",
    )


def test_another_minor_python_is_a_fault_and_another_patch_is_not() -> None:
    assert told(check_python(with_second(python="3.12.1"))) == (
        "fault",
        "Python 3.11.7 on the driver, executor 1 on a, 3.12.1 on executor 2 on b.",
    )
    assert check_python(with_second(python="3.11.9")) == fine(
        "python", "Python 3.11 on the driver and 2 executors, of several patch versions"
    )
