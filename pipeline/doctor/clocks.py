"""Clocks that disagree: leases, credentials and signed requests have an hour in them."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts
from pipeline.doctor.words import some

LOOK, WRONG = 5.0, 100.0
"""Seconds. A run's lease is renewed every 20 and lasts 120, so that beyond 100 a living one looks dead."""


def check_clocks(facts: Facts, others: Mapping[str, float]) -> Finding:
    """`others`: by name, how many seconds a clock is ahead of the driver's, where it is told."""
    ahead = {**{machine.label: machine.ahead for machine in facts.executors}, **others}
    off = {name: seconds for name, seconds in ahead.items() if abs(seconds) >= LOOK}
    if not off:
        names = some(list(ahead)) if ahead else "no other machine"
        return fine("clocks", f"within {LOOK:.0f} seconds of the driver's: {names}")
    said = some([f"{name} is {_words(seconds)}" for name, seconds in off.items()])
    advice = "let all machines follow the same time server (NTP)."
    make = fault if max(map(abs, off.values())) >= WRONG else warning
    return make("clocks", f"Beside the driver's clock, that of {said}.", advice)


def _words(seconds: float) -> str:
    return f"{abs(seconds):,.0f} seconds {'ahead' if seconds > 0 else 'behind'}"
