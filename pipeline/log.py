"""Where the log of a project is: what Spark prints, and the traceback of what nobody expected."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.config.model import Config

_FOLDER = "_logs"


def log_file(config: Config) -> Path:
    """One file a day: inside a local lake, else in the user's own state folder, else in the temporary one."""
    name = f"{datetime.now(timezone.utc):%Y-%m-%d}.log"
    root = local_root(config.lake.root)
    if root is not None and _can_make(root / _FOLDER):
        return root / _FOLDER / name
    state = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    for folder in (state, Path(tempfile.gettempdir())):
        if _can_make(folder):
            return folder / "spark-training-pipeline" / config.name / name
    return Path(name).absolute()


def local_root(root: str | None) -> Path | None:
    """The folder of a lake on this machine's own file system, None for any other and for one in a catalog."""
    if root is None:
        return None
    parts = urlsplit(root)
    if len(parts.scheme) > 1 and parts.scheme != "file":
        return None
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(root)


def _can_make(folder: Path) -> bool:
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), None)
    return nearest is not None and nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
