"""Ask the driver and every executor what they are: one job of as many tasks as there are slots."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkContext, cloudpickle
from pyspark.errors import PySparkException

from pipeline.doctor import probe
from pipeline.doctor.executors import Executor, executors, slots, time_limit
from pipeline.doctor.finding import Finding, fault
from pipeline.doctor.machine import Machine, is_one_machine
from pipeline.doctor.versions import PYTHON_ADVICE
from pipeline.doctor.words import DRIVER
from pipeline.errors import TransientError
from pipeline.explain import explain

# Workers unpickle the question without importing this package, which they may not have.
cloudpickle.register_pickle_by_value(probe)

WORKERS = "its Python workers"
_TRIES, _PATIENCE = 3, 180.0


@dataclass(frozen=True)
class Answers:
    """What came back. `failed` tells why no executor could answer; `silent` which never took a task."""

    machines: tuple[Machine, ...] = ()
    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """What a machine is called, by the host and the process of its JVM."""
    silent: tuple[str, ...] = ()
    failed: Finding | None = None


def ask_driver(modules: tuple[str, ...], folders: Sequence[str]) -> Machine:
    """What the driver is."""
    return Machine.of(DRIVER, probe.look(modules, tuple(folders)))


def ask_executors(context: SparkContext, modules: tuple[str, ...], token_file: str | None) -> Answers:
    """Every executor there is, as its Python tells.

    Nothing holds a task on a certain executor, so the job is done again while one has not answered.

    Raises TransientError when executors, or the cluster, were lost meanwhile.
    """
    question = partial(_answer, partial(probe.look, modules, (), token_file))
    found: dict[str, Machine] = {}
    labels: dict[tuple[str, str], str] = {}
    known: list[Executor] = []
    is_alone = is_one_machine(context.master or "")
    for _ in range(_TRIES):
        begun = time.time()
        try:
            with time_limit(context, _PATIENCE):
                count = max(1, slots(context))
                told = context.parallelize(range(count), count).mapPartitions(question).collect()
        except (PySparkException, Py4JJavaError) as error:
            failure = explain(error)
            # Lost executors say nothing about their Python.
            if failure.exit_code == TransientError.exit_code:
                raise TransientError(failure.sentence) from error
            return Answers(failed=python_fault(str(error)))
        known = executors(context)
        for one in told:
            executor = _executor_of(one, known, is_alone)
            label = WORKERS if is_alone else _name(executor)
            found[label] = Machine.of(label, one, _ahead(one["time"], begun, time.time()), executor.tasks)
            labels[executor.host, one["process"]] = label
        if len(found) >= len(known):
            break
    machines = tuple(found[label] for label in sorted(found))
    silent = () if is_alone else tuple(name for name in map(_name, known) if name not in found)
    return Answers(machines, labels, silent)


def _answer(look: Any, rows: Iterable[object]) -> Iterator[dict[str, Any]]:
    for _ in rows:
        pass
    yield look()


def _executor_of(told: dict[str, Any], known: Sequence[Executor], is_alone: bool) -> Executor:
    """The executor that answered, as the driver knows it."""
    if is_alone and known:
        return known[0]
    # Without /proc there, an executor is told apart by its folder, which is its own.
    unknown = Executor(f"in {told['folder']}", told["host"], 1)
    return next((one for one in known if one.number == told["executor"]), unknown)


def _name(executor: Executor) -> str:
    return f"executor {executor.number} on {executor.host}"


def _ahead(there: float, begun: float, ended: float) -> float:
    """By how much a clock is surely ahead (behind: negative), read at some moment between two of ours."""
    return there - ended if there > ended else min(0.0, there - begun)


def python_fault(text: str) -> Finding:
    """Why executors could not run Python at all, from what Spark threw."""
    versions = re.search(r"different version[^:]*: (\d+\.\d+) than that in driver: (\d+\.\d+)", text)
    if "PYTHON_VERSION_MISMATCH" in text and versions:
        said = f"Python {versions[2]} on the driver, {versions[1]} on an executor: PySpark refuses that."
        return fault("python", said, PYTHON_ADVICE)
    program = re.search(r'Cannot run program "([^"]+)"', text)
    if program:
        said = f"An executor cannot start its Python, '{program[1]}'."
        return fault("python", said, PYTHON_ADVICE)
    missing = re.search(r"ModuleNotFoundError: (No module named '[^']+')", text)
    if missing:
        return fault(
            "python", f"PySpark does not start in an executor's Python: {missing[1]}.", PYTHON_ADVICE
        )
    if "cancelled" in text:
        said = f"No executor answered within {_PATIENCE:.0f} seconds."
        advice = "see in the cluster's manager whether it has room for the executors that were asked for."
        return fault("python", said, advice)
    line = next((line for line in text.splitlines() if "Exception" in line or "Error" in line), text[:200])
    return fault("python", f"An executor's Python fails: {line.strip()[:300]}")
