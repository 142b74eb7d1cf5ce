"""environment.tar.gz: a whole Python with the locked packages, which runs wherever it is unpacked.

Spark unpacks it beside each executor (`--archives`), so that a node needs neither Python nor packages.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from pipeline.errors import ConfigError, PipelineError
from pipeline.package.entries import Entry, write_archive
from pipeline.package.interpreter import LIBRARY, interpreter_entries
from pipeline.package.wheel import epoch

PACKAGES = f"{LIBRARY}/site-packages"
ARCHIVE = "environment.tar.gz"
_OF_THE_INSTALLATION = {"INSTALLER", "REQUESTED", "direct_url.json"}
_TRIED = "import numpy, pandas, pyarrow, scipy, xgboost, pipeline; print(pipeline.__file__)"


def write_environment(distributions: list[Distribution], wheel: Path, file: Path) -> None:
    """Write the archive: this Python, the packages, and what is in the wheel.

    Left out are compiled bytecode, which tells times, the packages' own tests, and scripts, which name the
    folder they were installed in.

    Raises:
        ConfigError: this machine is not Linux, as a cluster's nodes are.
    """
    if sys.platform != "linux":
        raise ConfigError(
            f"This machine is {sys.platform}: its compiled packages do not run on the nodes of a cluster,"
            " which are Linux. Next: run `pipeline package` in a Linux container; or with --thin."
        )
    entries: dict[str, Entry] = {}
    for entry in _all_entries(distributions, wheel):
        entries.setdefault(entry.name, entry)
    write_archive(entries.values(), file, epoch=epoch())


def try_environment(file: Path) -> None:
    """Unpack the archive in a folder of its own and import from it, in an empty environment.

    Raises:
        PipelineError: it does not start, or takes a package from elsewhere.
    """
    with tempfile.TemporaryDirectory(prefix="pipeline-try-") as scratch:
        folder = Path(scratch).resolve()
        subprocess.run(["tar", "-xzf", str(file.absolute()), "-C", str(folder)], check=True)  # as Spark does
        done = subprocess.run(
            [str(folder / "bin" / "python"), "-c", _TRIED],
            cwd=folder,
            env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0 or not done.stdout.startswith(str(folder)):
            said = (done.stderr or done.stdout).strip().splitlines()
            raise PipelineError(f"{ARCHIVE} does not start from another folder: {said[-1] if said else '-'}")


def _all_entries(distributions: list[Distribution], wheel: Path) -> Iterator[Entry]:
    yield from interpreter_entries()
    for distribution in distributions:
        yield from _distribution_entries(distribution)
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            yield Entry(f"{PACKAGES}/{name}", packed.read(name))


def _distribution_entries(distribution: Distribution) -> Iterator[Entry]:
    """The files of one installed package, from its own record of them."""
    for path in distribution.files or ():
        if not is_packed(path):
            continue
        source = Path(str(distribution.locate_file(path)))
        name = f"{PACKAGES}/{path.as_posix()}"
        if path.name == "RECORD":
            yield Entry(name, _record(source))
        elif source.is_file():
            yield Entry(name, source, executable=os.access(source, os.X_OK))


def is_packed(path: PurePosixPath) -> bool:
    """Whether a file of an installed package goes along."""
    parts = set(path.parts)
    return not (parts & {"..", "__pycache__", "tests"} or path.name in _OF_THE_INSTALLATION)


def _record(source: Path) -> bytes:
    """A package's record of its files, of those that go along."""
    with source.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.reader(stream) if row and is_packed(PurePosixPath(row[0]))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    return text.getvalue().encode()
