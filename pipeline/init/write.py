"""The folder of a new project."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError
from pipeline.init.document import FILE


def validate_new(folder: Path, force: bool) -> None:
    """Raise ConfigError when the folder is there already, unless that was said to be fine."""
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"'{folder}' is a file. Name another folder.")
    if folder.exists() and not force:
        raise ConfigError(
            f"The folder '{folder}' exists. Name another one, or write --force: only its {FILE} is replaced."
        )


def write(folder: Path, text: str) -> Path:
    """Write the configuration into the folder, made where it is missing. Raises ConfigError."""
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"'{file}' cannot be written: {error.strerror}.") from error
    return file
