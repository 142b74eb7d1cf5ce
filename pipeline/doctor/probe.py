"""What a process tells of itself and its machine.

It travels to the workers by value and imports nothing but Python's own library: it has to answer where
packages are missing.
"""

from __future__ import annotations

import importlib
import os
import shutil
import socket
import sys
import time
from typing import Any

_LEVELS_ABOVE = 4  # worker, its daemon, a launching shell, the executor's JVM


def look(
    modules: tuple[str, ...], folders: tuple[str, ...] = (), token_file: str | None = None
) -> dict[str, Any]:
    """Who is asked, its Python and packages, its clock (seconds since 1970), disks and memory (bytes).

    `folders` are looked at for free space beside Spark's own; `token_file` is read, where it is there.
    """
    packages, broken = _versions(modules)
    executor, process = _executor()
    return {
        "executor": executor,
        "process": process,
        "host": socket.gethostname(),
        "folder": os.getcwd(),  # noqa: PTH109 - Path would do no more
        "python": ".".join(map(str, sys.version_info[:3])),
        "packages": packages,
        "broken": broken,
        "disks": _disks((*_spark_folders(), *folders)),
        "memory": _memory(),
        "token": _read(token_file) if token_file else None,
        "time": time.time(),
    }


def _executor() -> tuple[str, str]:
    """The executor's number and its JVM's process, from the command lines above; empty where not told."""
    process = str(os.getppid())
    for _ in range(_LEVELS_ABOVE):
        words = (_read(f"/proc/{process}/cmdline") or "").split("\0")
        if "--executor-id" in words:
            return words[words.index("--executor-id") + 1], process
        parent = (_read(f"/proc/{process}/stat") or "").rpartition(")")[2].split()
        if len(parent) < 2:
            break
        process = parent[1]
    return os.environ.get("SPARK_EXECUTOR_ID", ""), ""


def _versions(modules: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """The versions of the modules that can be imported, and why the others cannot."""
    tried = {name: _try_import(name) for name in modules}
    found = {name: version for name, (version, problem) in tried.items() if not problem}
    return found, {name: problem for name, (_, problem) in tried.items() if problem}


def _try_import(name: str) -> tuple[str, str]:
    """Its version, and what is wrong with it."""
    try:
        return str(getattr(importlib.import_module(name), "__version__", "")), ""
    except ModuleNotFoundError as error:
        return "", "is missing" if error.name == name else f"needs {error.name}, which is missing"
    except Exception as error:  # noqa: BLE001 - a library that does not load throws what it likes
        line = next(iter(str(error).strip().splitlines()), "")
        return "", f"does not load ({type(error).__name__}: {line[:200]})"


def _spark_folders() -> tuple[str, ...]:
    """Where Spark shuffles and spills: it tells its Python workers."""
    return tuple(filter(None, os.environ.get("SPARK_LOCAL_DIRS", "").split(",")))


def _disks(folders: tuple[str, ...]) -> list[tuple[str, int]]:
    there = [folder for folder in dict.fromkeys(folders) if os.path.isdir(folder)]  # noqa: PTH112 - as above
    return [(folder, shutil.disk_usage(folder).free) for folder in there]


def _memory() -> int | None:
    """What processes may still take here: of the machine or, if less, of the container; None if not told."""
    lines = (_read("/proc/meminfo") or "").splitlines()
    left = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    limit, used = _read("/sys/fs/cgroup/memory.max"), _read("/sys/fs/cgroup/memory.current")
    if limit and used and limit.strip().isdigit():
        left.append(max(0, int(limit) - int(used)))
    return min(left, default=None)


def _read(file: str) -> str | None:
    try:
        with open(file, encoding="utf-8", errors="replace") as stream:  # noqa: PTH123 - as in `look`
            return stream.read()
    except OSError:
        return None
