"""Memory beside Java's heap: trials that run inside one task take it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from pipeline.config.model import Config
from pipeline.config.search import Range
from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts, Machine, is_one_machine
from pipeline.doctor.words import size
from pipeline.learners import get_learner
from pipeline.learners.boosting.memory import Shape, fit_bytes

NAME = "trial memory"
_IN_ONE_TASK = ("xgboost", "linear_regression", "logistic_regression")
_GROWS_WITH = ("max_depth", "max_leaves", "max_bin", "n_estimators")
_LINEAR_CELL, _LINEAR_ROW = 9, 100
_UNITS = {"": 2**20, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def check_memory(facts: Facts) -> Finding:
    """Every executor has room for the trials that its slots do at once."""
    train = facts.config.train
    if not set(_IN_ONE_TASK) & set(facts.config.learners):
        return fine(NAME, "no learner here is tried inside one task")
    if train.placement == "distributed":
        return fine(NAME, "train.placement is distributed: no trial is inside one task")
    need = train.local_memory if facts.trial_bytes is None else facts.trial_bytes
    if train.placement == "auto" and need > train.local_memory:
        said = f"a trial takes {size(need)}, above train.local_memory: all workers train it together"
        return fine(NAME, said)
    rooms = [(room(machine, facts) or 0, machine) for machine in facts.executors if room(machine, facts)]
    if not rooms:
        return fine(NAME, "no executor tells how much memory it has")
    least, tightest = min(rooms, key=lambda one: one[0] / one[1].tasks)
    where = "this machine" if is_one_machine(facts.master) else tightest.label
    has = f"{where} has {size(least)} beside Java's heap"
    each = f"a trial takes {'up to' if facts.trial_bytes is None else 'about'} {size(need)}"
    if need > least and facts.trial_bytes is not None:
        return fault(NAME, f"{_begun(each)}, and {has}.", _advice(facts, need))
    if need * tightest.tasks > least:
        said = f"{_begun(each)}, {tightest.tasks} at once; {has}."
        return warning(NAME, said, _advice(facts, need * tightest.tasks))
    return fine(NAME, f"{each}, {tightest.tasks} at once; {has}")


def room(machine: Machine, facts: Facts) -> int | None:
    """Bytes for all Python processes of an executor together: of its container, else of its machine."""
    if facts.master.startswith(("yarn", "k8s")):
        return overhead(facts.settings, facts.master)
    if machine.memory is None:
        return None
    return machine.memory // Counter(one.host for one in facts.executors)[machine.host]


def overhead(settings: Mapping[str, str], master: str) -> int:
    """What a container has beside the heap, by Spark's own rules."""
    heap = spark_bytes(settings.get("spark.executor.memory", "1g"))
    kubernetes = settings.get("spark.kubernetes.memoryOverheadFactor", "0.4")
    usual = kubernetes if master.startswith("k8s") else "0.1"
    share = float(settings.get("spark.executor.memoryOverheadFactor", usual))
    least = spark_bytes(settings.get("spark.executor.minMemoryOverhead", "384m"))
    given = settings.get("spark.executor.memoryOverhead")
    beside = max(int(heap * share), least) if given is None else spark_bytes(given)
    return beside + spark_bytes(settings.get("spark.executor.pyspark.memory", "0"))


def spark_bytes(text: str) -> int:
    """A size as Spark writes memory: 4g, 512m, and megabytes without a letter."""
    found = re.fullmatch(r"\s*(\d+)\s*([bkmgt]?)b?\s*", text.lower())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def trial_bytes(config: Config, rows: int, columns: int) -> int:
    """What the largest trial on so many rows would take in one task, in bytes."""
    sizes = [0]
    if set(_IN_ONE_TASK[1:]) & set(config.learners):
        sizes.append(rows * (columns * _LINEAR_CELL + _LINEAR_ROW))
    if "xgboost" in config.learners:
        choice = config.learners["xgboost"]
        values = get_learner("xgboost").complete(choice.params, config.task)
        for name in _GROWS_WITH:
            space = choice.space.get(name, ())
            values[name] = max([values[name], *((space.high,) if isinstance(space, Range) else space)])
        classes = {"regression": 0, "binary": 2, "multiclass": 3}[config.task]
        sizes.append(fit_bytes(Shape(rows, columns, classes=classes), values))
    return max(sizes)


def _advice(facts: Facts, needed: int) -> str:
    more = "free memory on that machine, or run fewer tasks at once on it"
    if facts.master.startswith(("yarn", "k8s")):
        more = f"submit with --conf spark.executor.memoryOverhead={needed // 2**20 + 1}m"
    return f"{more}, or lower train.local_memory, above which all workers train a model together."


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
