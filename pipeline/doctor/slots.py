"""Whether enough tasks run at once for the learners that train on all workers together."""

from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts, is_one_machine
from pipeline.doctor.words import size

DYNAMIC = "spark.dynamicAllocation.enabled"
_FIXED = f"submit with --conf {DYNAMIC}=false and a fixed number of executors, or set train.placement: local."


def check_slots(facts: Facts) -> Finding:
    """A barrier stage starts all its tasks at once, on as many slots as there are."""
    count = len(facts.executors)
    cpus = facts.settings.get("spark.task.cpus", "1")
    each = "" if cpus == "1" else f" of {cpus} cores"
    told = "1 slot" if facts.slots == 1 else f"{facts.slots} slots"
    executors = "1 executor" if count == 1 else f"{count} executors"
    where = "this machine" if is_one_machine(facts.master) else executors
    said = f"{told}{each} on {where}"
    if facts.slots == 1 and facts.config.train.placement == "distributed" and _may_use_barrier(facts):
        advice = "give the application more executors or cores, or set train.placement: auto."
        return warning("slots", f"{said}, and train.placement is distributed: one task does it all.", advice)
    wanted = "0" if is_one_machine(facts.master) else facts.settings.get("spark.executor.instances", "0")
    if not _is_dynamic(facts) and wanted.isdigit() and count < int(wanted):
        advice = "see in the cluster's manager whether it has room for the others, or ask for fewer."
        return warning("slots", f"{said}; {wanted} executors were asked for.", advice)
    return fine("slots", said)


def check_dynamic_allocation(facts: Facts) -> Finding:
    """Spark refuses a barrier stage where it may add and remove executors."""
    name = "dynamic allocation"
    if not _is_dynamic(facts):
        return fine(name, "off")
    train = facts.config.train
    if not _may_use_barrier(facts):
        return fine(name, "on; no learner needs all its tasks at once")
    if train.placement == "distributed":
        said = "It is on, and train.placement is distributed: Spark refuses to train xgboost on all workers."
        return fault(name, said, _FIXED)
    bound = size(train.local_memory)
    if facts.trial_bytes is not None and facts.trial_bytes > train.local_memory:
        needed = size(facts.trial_bytes)
        said = f"It is on, and xgboost needs all workers for {needed} (train.local_memory: {bound})."
        return fault(name, said, _FIXED)
    if facts.trial_bytes is not None:
        return fine(name, f"on; xgboost trains in one task ({size(facts.trial_bytes)} of {bound})")
    said = f"It is on: Spark would refuse xgboost where a trial needs more than train.local_memory ({bound})."
    return warning(name, said, _FIXED)


def _is_dynamic(facts: Facts) -> bool:
    return facts.settings.get(DYNAMIC, "false").lower() == "true"


def _may_use_barrier(facts: Facts) -> bool:
    """Only xgboost trains in a barrier stage, and never where it is to stay in one task."""
    return "xgboost" in facts.config.learners and facts.config.train.placement != "local"
