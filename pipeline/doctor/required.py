"""What this package requires of the installation it runs in, from its own metadata."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires, version

import py4j.version
import pyspark
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

DISTRIBUTION = "spark-training-pipeline"
_EXTRAS = ("", "cpu", "gpu")  # XGBoost comes by one of two names
_XGBOOST = ("xgboost-cpu", "xgboost")


@lru_cache(maxsize=1)
def requirements() -> Mapping[str, SpecifierSet]:
    """Distribution → allowed versions, on this system; empty where this package has no metadata."""
    try:
        written = [Requirement(line) for line in requires(DISTRIBUTION) or ()]
    except PackageNotFoundError:  # as when it came as a bare archive by --py-files
        return {}
    return {
        canonicalize_name(one.name): one.specifier
        for one in written
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in _EXTRAS)
    }


def allowed(distribution: str) -> SpecifierSet:
    """The versions that are allowed of a distribution; all where nothing is said."""
    return requirements().get(canonicalize_name(distribution), SpecifierSet())


def fits(found: str, distribution: str) -> bool:
    """Whether a version is allowed; one that is no version is not judged."""
    try:
        return allowed(distribution).contains(Version(found), prereleases=True)
    except InvalidVersion:
        return True


def installed() -> tuple[dict[str, str], list[str]]:
    """The version of each required distribution here, and the names of those that are missing."""
    found = {name: _version(name) for name in requirements()}
    missing = [name for name, there in found.items() if there is None]
    if any(found.get(name) for name in _XGBOOST):
        missing = [name for name in missing if name not in _XGBOOST]
    return {name: there for name, there in found.items() if there is not None}, missing


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:  # a cluster's own PySpark is a folder on the path, with py4j beside it
        return {"pyspark": pyspark.__version__, "py4j": py4j.version.__version__}.get(distribution)


def same_minor(one: str, other: str) -> bool:
    """Whether two versions have the same major and minor number."""
    return one.split(".")[:2] == other.split(".")[:2]
