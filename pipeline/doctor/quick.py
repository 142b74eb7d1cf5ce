"""What a run looks at before it begins: milliseconds, no Spark job, and only what would surely fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyspark.sql import SparkSession

from pipeline.config.model import Config
from pipeline.doctor.ask import ask_driver, ask_executors
from pipeline.doctor.disk import check_disk
from pipeline.doctor.executors import local_folders
from pipeline.doctor.finding import Finding
from pipeline.doctor.jvms import driver_jvm
from pipeline.doctor.machine import Facts, is_one_machine
from pipeline.doctor.packages import check_driver_packages, check_packages, task_modules
from pipeline.doctor.slots import DYNAMIC, check_dynamic_allocation
from pipeline.doctor.versions import check_delta, check_python, check_scala, check_spark
from pipeline.errors import ConfigError

_HARDLY_ANY = 100 * 2**20
"""Free bytes below which no shuffle of any size ends well."""


def require_driver(spark: SparkSession, config: Config) -> None:
    """Look at the driver alone. Raises ConfigError with every fault there is."""
    _refuse(_of_driver(spark, config))


def require_executors(spark: SparkSession, config: Config) -> None:
    """Before a training on a cluster: one short job asks executors for their Python and packages.

    Raises ConfigError with every fault there is. On one machine workers run the driver's own Python.
    """
    context = spark.sparkContext
    if is_one_machine(context.master or ""):
        return
    modules = task_modules(config)
    answers = ask_executors(context, modules, None)
    if answers.failed is not None:
        _refuse((answers.failed,))
    facts = Facts(config, driver=ask_driver(modules, ()), executors=answers.machines)
    _refuse((check_python(facts), check_packages(facts)))


def _of_driver(spark: SparkSession, config: Config) -> Iterator[Finding]:
    context = spark.sparkContext
    facts = Facts(
        config,
        driver=ask_driver((), local_folders(spark)),
        jvms=(driver_jvm(spark),),
        settings={DYNAMIC: str(context.getConf().get(DYNAMIC, "false"))},
        master=context.master or "",
        least_disk=_HARDLY_ANY,
    )
    yield check_driver_packages()
    for check in (check_scala, check_spark, check_delta, check_dynamic_allocation, check_disk):
        yield check(facts)


def _refuse(findings: Iterable[Finding]) -> None:
    """Warnings are for whoever asks the doctor; a nightly run says nothing of them."""
    faults = [finding for finding in findings if finding.state == "fault"]
    if faults:
        told = "\n".join(f"{finding.name}: {finding.sentence}" for finding in faults)
        raise ConfigError(told, nexts=((("doctor",), "every check of this machine or cluster"),))
