"""Java, Scala, Spark, Delta and Python: what is where, and whether it agrees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version

import pyspark

from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts, Jvm
from pipeline.doctor.required import allowed, fits, same_minor
from pipeline.doctor.words import everyone, some, spread
from pipeline.java import MINIMUM, major

SCALA = "2.13"
_SAME_SPARK = "start it with the spark-submit of the Spark that the cluster runs, and install pyspark=={}"
_SAME_JARS = 'give the jars to Spark itself, not to the driver alone: --jars "$(python -m pipeline.jars)"'


def check_java(facts: Facts) -> Finding:
    """One major version everywhere, not below Spark's least."""
    found = _of(facts, lambda jvm: jvm.java)
    majors = {label: major(java) for label, java in found.items()}
    old = [label for label, number in majors.items() if number is not None and number < MINIMUM]
    if old:
        advice = f"install Java {MINIMUM} or newer there, or point JAVA_HOME at one."
        return fault("java", f"Java {spread(found)}; Spark needs {MINIMUM} or newer.", advice)
    if len(set(majors.values())) > 1:
        advice = "install the same Java on all machines, or set spark.executorEnv.JAVA_HOME."
        return warning("java", f"Java {spread(found)}.", advice)
    return fine("java", f"Java {spread(found)}")


def check_scala(facts: Facts) -> Finding:
    """The Scala that Delta's jars were built for."""
    found = _of(facts, lambda jvm: jvm.scala)
    if not all(same_minor(scala, SCALA) for scala in found.values()):
        advice = f"use the Spark distribution for Scala {SCALA}; Delta's jars here are built for that."
        return fault("scala", f"Scala {spread(found)}; {SCALA} is needed.", advice)
    return fine("scala", f"Scala {spread(found)}")


def check_spark(facts: Facts) -> Finding:
    """The JVMs and the Python package are of one version that this package was made for."""
    found = _of(facts, lambda jvm: jvm.spark)
    said = f"Spark {spread(found)}, the package pyspark {pyspark.__version__}"
    if not all(fits(spark, "pyspark") for spark in (*found.values(), pyspark.__version__)):
        advice = f"use Spark {allowed('pyspark')} on all machines, with the pyspark of the same version."
        return fault("spark", f"{said}.", advice)
    advice = f"{_SAME_SPARK.format(facts.jvms[0].spark)}."
    if not all(same_minor(spark, pyspark.__version__) for spark in found.values()):
        return fault("spark", f"{said}.", advice)
    if any(spark != pyspark.__version__ for spark in found.values()):
        return warning("spark", f"{said}.", advice)
    return fine("spark", said)


def check_delta(facts: Facts) -> Finding:
    """Delta's classes are in every JVM, of the version that the Python package drives."""
    found, wanted = _of(facts, lambda jvm: jvm.delta), version("delta-spark")
    without = [label for label, delta in found.items() if not delta]
    if without:
        advice = f"{_SAME_JARS}."
        return fault("delta", f"Delta's classes are missing on {some(without)}.", advice)
    said = f"Delta {spread(found)}, the package delta-spark {wanted}"
    if all(delta == wanted for delta in found.values()):
        return fine("delta", said)
    advice = f"use Delta's jars of version {wanted} on all machines: {_SAME_JARS}."
    make = warning if all(same_minor(delta, wanted) for delta in found.values()) else fault
    return make("delta", f"{said}.", advice)


def check_python(facts: Facts) -> Finding:
    """PySpark refuses executors whose Python has another minor version than the driver's."""
    found = {machine.label: machine.python for machine in facts.machines}
    wrong = [name for name, python in found.items() if not same_minor(python, facts.driver.python)]
    if wrong:
        return fault("python", f"Python {spread(found)}.", PYTHON_ADVICE)
    minor = {label: python.rpartition(".")[0] for label, python in found.items()}
    return fine("python", f"Python {everyone_has(minor, found)}")


PYTHON_ADVICE = (
    "run executors in the driver's environment: `pipeline package`, then --archives "
    "dist/environment.tar.gz#environment and spark.pyspark.python=./environment/bin/python."
)


def everyone_has(minor: Mapping[str, str], whole: Mapping[str, str]) -> str:
    """The whole versions where they agree, else what they share."""
    if len(set(whole.values())) == 1:
        return spread(whole)
    return f"{next(iter(minor.values()))} on {everyone(list(minor))}, of several patch versions"


def _of(facts: Facts, value: Callable[[Jvm], str]) -> dict[str, str]:
    return {jvm.label: value(jvm) for jvm in facts.jvms}
