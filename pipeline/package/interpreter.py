"""The Python itself, so that a node needs none: its program, its library, its standard library."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from pipeline.package.entries import Entry

NAME = f"python{sys.version_info.major}.{sys.version_info.minor}"
LIBRARY = f"{sys.platlibdir}/{NAME}"
"""Where this Python looks for its standard library, seen from the folder above its program."""
# Its own tests, its editor, its toolkit for windows, what builds C programs; packages come on their own.
_LEFT_OUT = {
    "__pycache__",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
}

# A shared library is looked for where Python was built unless somebody says otherwise; only the program that
# starts it knows where the folder is by now.
_START = f"""\
#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
LD_LIBRARY_PATH="$here/../lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "$here/{NAME}" "$@"
"""


def interpreter_entries() -> Iterator[Entry]:
    """The files of the Python that this program runs on, below bin/ and lib/."""
    program = Path(os.path.realpath(getattr(sys, "_base_executable", sys.executable)))
    yield Entry(f"bin/{NAME}", program, executable=True)
    yield Entry("bin/python", _START.encode(), executable=True)
    yield Entry("bin/python3", link="python")
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):
        shared = str(sysconfig.get_config_var("INSTSONAME"))
        yield Entry(f"lib/{shared}", Path(str(sysconfig.get_config_var("LIBDIR")), shared), executable=True)
    for root in dict.fromkeys(sysconfig.get_path(name) for name in ("stdlib", "platstdlib")):
        yield from _standard_library(Path(root))
    # Debian's Python looks for packages under this name wherever it is not in a virtual environment.
    yield Entry(f"{LIBRARY}/dist-packages", link="site-packages")


def _standard_library(root: Path) -> Iterator[Entry]:
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if name not in _LEFT_OUT and not name.startswith("config-")]
        inside = Path(folder).relative_to(root)
        for name in files:
            file = Path(folder, name)
            if file.exists() and not name.endswith((".pyc", ".a", ".o")):
                yield Entry(f"{LIBRARY}/{(inside / name).as_posix()}", file, name.endswith(".so"))
