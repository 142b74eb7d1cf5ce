"""Python packages: the driver has what this package requires, and executors have what tasks import."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from pipeline.config.model import Config
from pipeline.doctor.finding import Finding, fault, fine, warning
from pipeline.doctor.machine import Facts, Machine
from pipeline.doctor.required import allowed, fits, installed, requirements
from pipeline.doctor.versions import PYTHON_ADVICE
from pipeline.doctor.words import everyone, some

_IN_TASKS = ("numpy", "pandas", "pyarrow", "scipy")
_PROVIDERS = {"xgboost": ("xgboost-cpu", "xgboost")}


def task_modules(config: Config) -> tuple[str, ...]:
    """What tasks of this project import."""
    return (*_IN_TASKS, "xgboost") if "xgboost" in config.learners else _IN_TASKS


def check_driver_packages() -> Finding:
    """Everything that is required is installed on the driver, in a version that is allowed."""
    found, missing = installed()
    if missing:
        said = f"On the driver {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
        advice = "install this package with its requirements: pip install 'spark-training-pipeline[cpu]'."
        return fault("packages", said, advice)
    wrong = [f"{name} {there}, not {allowed(name)}" for name, there in found.items() if not fits(there, name)]
    if wrong:
        advice = "install what this package requires; other versions were not tested together."
        return warning("packages", f"On the driver: {'; '.join(wrong)}.", advice)
    if not found:
        return warning("packages", "This package has no metadata here, so what it requires is not known.")
    return fine("packages", f"{len(found)} packages on the driver, as required")


def check_packages(facts: Facts) -> Finding:
    """The driver has what is required, and every executor what tasks import, in the driver's version."""
    on_driver = check_driver_packages()
    if on_driver.state == "fault":
        return on_driver
    for problems, end, make in (
        (_wrong, ".", fault),
        (partial(_other, facts.driver), ": results may differ.", warning),
    ):
        said = _by_problem(facts.machines, problems)
        if said:
            return make("packages", said + end, PYTHON_ADVICE)
    if on_driver.state == "warning":
        return on_driver
    names = ", ".join(facts.driver.packages)
    return fine("packages", f"{names}: the same on {everyone([one.label for one in facts.machines])}")


def _wrong(machine: Machine) -> Mapping[str, str]:
    """Modules that cannot be imported, and those of a version that is not allowed."""
    unfit = {
        module: f"is {found}, not {allowed(_provider(module))},"
        for module, found in machine.packages.items()
        if not fits(found, _provider(module))
    }
    return {**machine.broken, **unfit}


def _other(driver: Machine, machine: Machine) -> Mapping[str, str]:
    """Modules of another version than the driver's."""
    return {
        module: f"is {found}, not {driver.packages[module]} as on the driver,"
        for module, found in machine.packages.items()
        if found != driver.packages.get(module, found)
    }


def _provider(module: str) -> str:
    """The distribution that brings a module, as the requirements call it."""
    return next((name for name in _PROVIDERS.get(module, ()) if name in requirements()), module)


def _by_problem(machines: Iterable[Machine], problems: Callable[[Machine], Mapping[str, str]]) -> str:
    """Each problem with its machines: `xgboost is missing on executor 1`."""
    found: dict[str, list[str]] = {}
    for machine in machines:
        for module, problem in problems(machine).items():
            found.setdefault(f"{module} {problem}", []).append(machine.label)
    return "; ".join(f"{problem} on {some(labels)}" for problem, labels in found.items())
