"""The wheel, the same byte for byte wherever and whenever it is built from the same sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.package.checkout import Checkout

EPOCH = 315_532_800
"""1980-01-01: the first moment that a zip file can tell."""
EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
_BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


def build_wheel(checkout: Checkout, folder: Path) -> Path:
    """Build the wheel into `folder`, without the network, and without leaving anything in the checkout.

    It is built from a copy: times and rights of files, and what earlier builds left, would go into it.

    Raises:
        ConfigError: setuptools is missing or too old, or says that the sources are wrong.
    """
    with tempfile.TemporaryDirectory(prefix="pipeline-wheel-") as scratch:
        tree = Path(scratch, "tree")
        _copy(checkout, tree)
        given = {**os.environ, EPOCH_VARIABLE: str(epoch()), "PYTHONHASHSEED": "0"}
        done = subprocess.run(
            [sys.executable, "-c", _BUILD, str(folder.absolute())],
            cwd=tree,
            env=given,
            umask=0o022,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise ConfigError(
            f"The wheel could not be built by {sys.executable}: {said[-1] if said else 'no word'}. "
            "Next: .venv/bin/python -m pip install -r requirements-build.txt, in the checkout."
        )
    return folder / done.stdout.strip().splitlines()[-1]


def epoch() -> int:
    """The time that every packed file gets: SOURCE_DATE_EPOCH, else always the same."""
    return int(os.environ.get(EPOCH_VARIABLE) or EPOCH)


def _copy(checkout: Checkout, tree: Path) -> None:
    """The sources alone, each file with the same rights."""
    tree.mkdir()
    for file in checkout.build_files:
        shutil.copyfile(file, tree / file.name)
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    shutil.copytree(
        checkout.root / "pipeline", tree / "pipeline", ignore=ignored, copy_function=shutil.copyfile
    )
    for path in tree.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
