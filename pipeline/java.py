"""Find the Java that Spark will start, and say what to do when there is none that fits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from pipeline.errors import ConfigError

MINIMUM = 17
NEEDED_MODULE = "jdk.incubator.vector"  # Spark's launcher names it, and Java refuses to start without it

HOW_TO_INSTALL = (
    "Install one (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; Fedora, RHEL: dnf install"
    " java-17-openjdk-headless; macOS: brew install openjdk@17; Windows: winget install"
    " Microsoft.OpenJDK.17) or point JAVA_HOME at one."
)


def require_java() -> Path:
    """Return the `java` that Spark's scripts would run; raise ConfigError when it is missing or unfit."""
    java = find_java()
    if java is None:
        raise ConfigError(f"Java not found: JAVA_HOME is not set and no 'java' is on PATH. {_NEEDED}")
    if not os.access(java, os.X_OK):
        raise ConfigError(f"JAVA_HOME is '{os.environ['JAVA_HOME']}', but '{java}' cannot be run. {_NEEDED}")
    version, modules = describe(java)
    if version is None:
        raise ConfigError(f"'{java}' does not tell its version. {_NEEDED}")
    if version < MINIMUM:
        raise ConfigError(f"'{java}' is Java {version}. {_NEEDED}")
    if modules and NEEDED_MODULE not in modules:
        raise ConfigError(f"'{java}' is a cut-down Java without the module {NEEDED_MODULE}. {_NEEDED}")
    return java


_NEEDED = f"Spark needs Java {MINIMUM} or newer. {HOW_TO_INSTALL}"


def find_java() -> Path | None:
    """JAVA_HOME first, then PATH: the order of Spark's own scripts."""
    home = os.environ.get("JAVA_HOME")
    if home:
        return Path(home, "bin", "java.exe" if os.name == "nt" else "java")
    found = shutil.which("java")
    return Path(found) if found else None


def describe(java: Path) -> tuple[int | None, frozenset[str]]:
    """Major version and modules; the modules are empty when the installation does not list them.

    The `release` file of an installation is read first: it is there at once, a process is not.
    """
    release = java.resolve().parent.parent / "release"
    if release.is_file():
        text = release.read_text(encoding="utf-8", errors="replace")
        version = re.search(r'^JAVA_VERSION="([^"]+)"', text, re.MULTILINE)
        modules = re.search(r'^MODULES="([^"]*)"', text, re.MULTILINE)
        if version:
            return major(version.group(1)), frozenset(modules.group(1).split() if modules else ())
    try:
        said = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None, frozenset()
    version = re.search(r'version "([^"]+)"', said.stderr + said.stdout)
    return (major(version.group(1)) if version else None), frozenset()


def major(version: str) -> int | None:
    """The number people call a Java by: 8 of 1.8.0_392, 17 of 17.0.15, 21 of 21-ea."""
    match = re.match(r"(?:1\.)?(\d+)", version)
    return int(match.group(1)) if match else None
