"""The folder `dist`: made beside its place and moved there whole, so that a half-made one is never seen."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.jars import ensure_jars, sha256
from pipeline.package.checkout import Checkout
from pipeline.package.dockerfile import DOCKERFILE, IGNORED
from pipeline.package.environment import ARCHIVE, try_environment, write_environment
from pipeline.package.locked import locked_distributions, thin_requirements
from pipeline.package.settings import Settings, settings
from pipeline.package.wheel import build_wheel
from pipeline.progress import SILENT, Progress

MANIFEST = "package.json"


@dataclass(frozen=True)
class Built:
    """What was made: the folder, its wheel's name, the configuration, and each file's size in bytes."""

    folder: Path
    wheel: str
    settings: Settings
    sizes: dict[str, int]


def build(
    checkout: Checkout,
    files: Sequence[str],
    sets: Sequence[str],
    to: Path,
    *,
    thin: bool = False,
    progress: Progress = SILENT,
) -> Built:
    """Make the folder `to` anew; what is there stays until the new one is whole.

    `thin` leaves out the environment and the jars: wheel, requirements, jobs and configuration remain.

    Raises:
        ConfigError: `to` holds something that this command has not made, the installed packages are not the
            lock's, or this system cannot pack an environment.
        TransientError: Delta's jars cannot be fetched.
    """
    _validate_place(to)
    moving = settings(files, sets)
    distributions = [] if thin else locked_distributions(checkout.lock)
    part = _place_beside(to)
    try:
        with progress.task("building the wheel"):
            wheel = build_wheel(checkout, part)
        if not thin:
            with progress.task("packing the environment"):
                write_environment(distributions, wheel, part / ARCHIVE)
                try_environment(part / ARCHIVE)
            _copy(ensure_jars(), part / "jars")
            (part / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
            (part / ".dockerignore").write_text(IGNORED, encoding="utf-8")
        _copy(checkout.jobs, part / "jobs")
        (part / "conf").mkdir()
        for name, text in moving.files.items():
            (part / "conf" / name).write_bytes(text)
        (part / "requirements.txt").write_text(thin_requirements(checkout.requirements), encoding="utf-8")
        sizes = _write_manifest(part)
        _move(part, to)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Built(to, wheel.name, moving, sizes)


def _validate_place(to: Path) -> None:
    if to.exists() and not (to / MANIFEST).is_file() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(
            f"{to} is not a folder that `pipeline package` made, and what is in it would be lost. Next: --to "
            "another folder, or move this one away."
        )


def _place_beside(to: Path) -> Path:
    """A new folder beside `to`, named by this process; what killed processes left there goes."""
    parent = to.absolute().parent
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f".{to.name}-[0-9]*"):
        if not _is_alive(int(left.name.rpartition("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    part = parent / f".{to.name}-{os.getpid()}"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    return part


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _move(part: Path, to: Path) -> None:
    """Put the new folder in its place. Between the two renames there is none, never half of one."""
    old = part.with_name(f"{part.name}0")
    if to.exists():
        to.rename(old)
    part.rename(to)
    shutil.rmtree(old, ignore_errors=True)


def _copy(files: Sequence[Path], folder: Path) -> None:
    folder.mkdir()
    for file in files:
        shutil.copyfile(file, folder / file.name)


def _write_manifest(part: Path) -> dict[str, int]:
    """Name, size and SHA-256 of every file, written last."""
    found = {file.relative_to(part).as_posix(): file for file in sorted(part.rglob("*")) if file.is_file()}
    sizes = {name: file.stat().st_size for name, file in found.items()}
    digests = {}
    for name, file in found.items():
        with file.open("rb") as stream:
            digests[name] = {"bytes": sizes[name], "sha256": sha256(stream)}
    (part / MANIFEST).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
    return sizes
