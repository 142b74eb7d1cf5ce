"""What is installed of the lock: the packages that go along, each in the version that is pinned."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from pipeline.errors import ConfigError

LEFT_OUT = frozenset({"pyspark", "py4j"})
"""A cluster has its own; a second PySpark beside it would be another version one day."""
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, set[str]]:
    """The versions that a lock allows, by name; several where they depend on Python's version."""
    found: dict[str, set[str]] = {}
    for name, version in _PIN.findall(lock.read_text(encoding="utf-8")):
        found.setdefault(name.lower(), set()).add(version)
    return found


def locked_distributions(lock: Path) -> list[Distribution]:
    """The installed packages of a lock, without PySpark and CUDA; what is not for this system is not there.

    Raises:
        ConfigError: a package is installed in another version than the lock's.
    """
    return [found for name, versions in sorted(pins(lock).items()) for found in _installed(name, versions)]


def _installed(name: str, versions: set[str]) -> Iterator[Distribution]:
    if name in LEFT_OUT or name.startswith("nvidia-"):
        return
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    if found.version not in versions:
        raise ConfigError(
            f"{name} {found.version} is installed in {sys.prefix}; the lock says"
            f" {' or '.join(sorted(versions))}. What is packed must be what was tested. Next: "
            f".venv/bin/python -m pip install {name}=={sorted(versions)[-1]}, or `make lock` for newer pins."
        )
    yield found


def thin_requirements(requirements: Path) -> str:
    """What a cluster must have when PySpark and Delta are its own: the names and ranges asked for.

    XGBoost is the variant that is installed here. Ranges, not pins: what the platform has stays where it
    fits.
    """
    own = {*LEFT_OUT, "delta-spark"}
    asked = [line for line in requirements.read_text(encoding="utf-8").splitlines() if _name(line) not in own]
    lines = [line for line in asked if line and not line.startswith("#")]
    booster = next((name for name in ("xgboost-cpu", "xgboost") if _has(name)), "xgboost-cpu")
    return "\n".join(sorted([*lines, f"{booster}>=3.2,<3.3"])) + "\n"


def _has(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _name(line: str) -> str:
    return re.split(r"[<>=!~ ;\[]", line)[0]
