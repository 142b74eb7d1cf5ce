"""The verdict as JSON, for a file: written whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError


def one_line(values: Mapping[str, Any]) -> str:
    """One JSON object on one line."""
    return json.dumps(plain(values), ensure_ascii=False, allow_nan=False)


def plain(value: Any) -> Any:
    """A value as JSON knows it: NaN and infinity, which JSON has no word for, become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)


def write_result(file: Path, values: Mapping[str, Any]) -> None:
    """Write the object to `file` through a neighbour that is renamed. Raises ConfigError when it cannot."""
    neighbour: str | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, neighbour = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(plain(values), stream, ensure_ascii=False, allow_nan=False, indent=2)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        Path(neighbour).chmod(0o666 & ~_umask())
        Path(neighbour).replace(file)
    except OSError as error:
        if neighbour is not None:
            Path(neighbour).unlink(missing_ok=True)
        raise ConfigError(f"--result: '{file}' cannot be written: {error.strerror}.") from error


def _umask() -> int:
    """The mask that new files get; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
