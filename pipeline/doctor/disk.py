"""Free space where Spark shuffles and spills, where models pass through, and where a local lake is."""

from __future__ import annotations

from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts
from pipeline.doctor.words import size, some

LEAST, USUAL = 2**30, 5 * 2**30
_MORE = "free some space there, or point spark.local.dir (YARN: the node's local folders) at a larger disk."


def check_disk(facts: Facts) -> Finding:
    """Shuffles and cached rows that do not fit into memory take about the size of the data."""
    disks = [
        (free, f"{folder} of {machine.label}") for machine in facts.machines for folder, free in machine.disks
    ]
    if not disks:
        return warning("disk", "No folder tells how much space it has left.")
    least = LEAST if facts.least_disk is None else facts.least_disk
    full = [f"{size(free)} in {where}" for free, where in sorted(disks) if free < least]
    if full:
        return fault("disk", f"Less than {size(least)} free: {some(full)}.", _MORE)
    scarcest, where = min(disks)
    if facts.least_disk is None and scarcest < USUAL:
        return warning("disk", f"Only {size(scarcest)} free in {where}.", _MORE)
    return fine("disk", f"{size(scarcest)} free or more, in {len(disks)} folders")
