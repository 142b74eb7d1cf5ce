"""All checks in their order, each answered as soon as it can be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from py4j.protocol import Py4JJavaError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.doctor.ask import Answers, ask_driver, ask_executors
from pipeline.doctor.clocks import check_clocks
from pipeline.doctor.disk import check_disk
from pipeline.doctor.executors import (
    is_cluster_mode,
    is_dynamic,
    local_folders,
    slots,
    time_limit,
    wait_for_executors,
)
from pipeline.doctor.finding import Finding, fault, refused, warning
from pipeline.doctor.jvms import driver_jvm, executor_jvms
from pipeline.doctor.lake import Token, check_lake, check_temporary, leave_token
from pipeline.doctor.machine import Facts, is_one_machine
from pipeline.doctor.memory import check_memory, trial_bytes
from pipeline.doctor.packages import check_driver_packages, check_packages, task_modules
from pipeline.doctor.slots import check_dynamic_allocation, check_slots
from pipeline.doctor.tracking import check_tracking
from pipeline.doctor.versions import check_delta, check_java, check_python, check_scala, check_spark
from pipeline.doctor.words import some
from pipeline.errors import PipelineError
from pipeline.lake import Lake, names, reason
from pipeline.lake.sizes import table_size
from pipeline.log import local_root
from pipeline.tuning.work_area import WorkArea

_PATIENCE = 180.0
_NO_ROOM = (
    "see in the cluster's manager whether it has room for spark.executor.memory and spark.executor.cores, "
    "and whether executors can reach the driver (spark.driver.host)."
)


@dataclass(frozen=True)
class Examined:
    """What all parts of an examination work on."""

    config: Config
    lake: Lake
    area: WorkArea
    least_disk: int | None

    @property
    def spark(self) -> SparkSession:
        return self.lake.spark

    @property
    def context(self) -> SparkContext:
        return self.spark.sparkContext


def examine(
    config: Config, start: Callable[[], SparkSession], least_disk: int | None = None
) -> Iterator[Finding]:
    """One finding for each check. `start` gives the session; `least_disk` are the bytes that must be free."""
    try:
        spark = start()
    except PipelineError as error:
        yield refused("spark", error)
        yield from check_tracking(config, is_cluster_mode=False).findings
        return
    context = spark.sparkContext
    if not wait_for_executors(context) and not is_dynamic(context):
        yield fault("slots", "No executor came within a minute.", _NO_ROOM)
        yield from check_tracking(config, is_cluster_mode=is_cluster_mode(context)).findings
        return
    try:
        lake = Lake.of(spark, config.lake)
        area = WorkArea(spark, lake.root)
    except PipelineError as error:
        yield refused("lake", error)
        yield from check_tracking(config, is_cluster_mode=is_cluster_mode(context)).findings
        return
    try:
        yield from _examine(Examined(config, lake, area, least_disk))
    finally:
        area.close()


def _examine(at: Examined) -> Iterator[Finding]:
    token = _token(at)
    answers = ask_executors(
        at.context, task_modules(at.config), token.local if isinstance(token, Token) else None
    )
    facts = _facts(at, answers)
    if not is_one_machine(facts.master):
        try:
            with time_limit(at.context, _PATIENCE):
                executors = executor_jvms(at.spark, max(1, facts.slots), answers.labels)
            facts = replace(facts, jvms=(*facts.jvms, *executors))
        except (PySparkException, Py4JJavaError) as error:
            yield fault("executors", f"They cannot be asked for their versions: {reason(error)}")
    for check in (check_java, check_scala, check_spark, check_delta):
        yield check(facts)
    yield from _of_python(facts, answers)
    for check in (check_slots, check_dynamic_allocation, check_memory):
        yield check(facts)
    if isinstance(token, Token):
        found = check_lake(at.spark, at.area.path, max(1, facts.slots))
        yield found
        yield check_temporary(token, facts.executors, found)
    else:
        yield token
        yield warning("temporary folder", "Not looked at: the lake cannot be written.")
    tracked = check_tracking(at.config, is_cluster_mode=is_cluster_mode(at.context))
    yield from tracked.findings
    clocks = {
        "the tracking server": tracked.ahead,
        "the lake": token.ahead if isinstance(token, Token) else None,
    }
    yield check_clocks(facts, {name: ahead for name, ahead in clocks.items() if ahead is not None})
    yield check_disk(facts)


def _of_python(facts: Facts, answers: Answers) -> Iterator[Finding]:
    """The lines `python` and `packages`; of executors whose Python does not start nothing is known."""
    if answers.failed is not None:
        yield answers.failed
        on_driver = check_driver_packages()
        here = f"{on_driver.said}; of executors it is not known"
        yield on_driver if on_driver.state == "fault" else warning("packages", here, "see the line python.")
        return
    python = check_python(facts)
    if answers.silent and python.state == "fine":
        said = f"{some(answers.silent)} took no task: {python.said}."
        python = warning("python", said, "run the doctor again when nothing else uses the executors.")
    yield python
    yield check_packages(facts)


def _token(at: Examined) -> Token | Finding:
    """The driver's file in the work area, or why it cannot be written."""
    try:
        return leave_token(at.lake, at.area.begin())
    except (PipelineError, Py4JJavaError) as error:
        return refused("lake", error)


def _facts(at: Examined, answers: Answers) -> Facts:
    folders = [tempfile.gettempdir(), *local_folders(at.spark)]
    root = local_root(at.lake.root)
    if root is not None:
        folders.append(str(root))
    return Facts(
        config=at.config,
        driver=ask_driver(task_modules(at.config), folders),
        executors=answers.machines,
        jvms=(driver_jvm(at.spark),),
        settings=dict(at.context.getConf().getAll()),
        master=at.context.master or "",
        slots=slots(at.context),
        trial_bytes=_largest_trial(at),
        least_disk=at.least_disk,
    )


def _largest_trial(at: Examined) -> int | None:
    """From the features there are, by what Delta's log says of them; None where it does not tell."""
    try:
        size = table_size(at.lake, names.features(at.config.name))
        if size is None or size.rows is None:
            return None
        return trial_bytes(at.config, size.rows, len(size.schema))
    except (PipelineError, PySparkException, Py4JJavaError):  # the line `lake` tells what is wrong there
        return None
