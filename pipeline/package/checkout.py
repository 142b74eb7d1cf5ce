"""The checkout that a package is made from: sources, lock and jobs stand beside each other in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError

_SOURCES = ("setup.py", "pyproject.toml", "requirements.in", "README.md", "LICENSE")
_NEEDED = (*_SOURCES, "requirements.txt", "jobs")


@dataclass(frozen=True)
class Checkout:
    """A folder with the sources of this program."""

    root: Path

    @classmethod
    def of_this_program(cls) -> Checkout:
        """The checkout that this program runs from.

        Raises:
            ConfigError: it was installed from a wheel, which has neither the lock nor the jobs.
        """
        root = Path(__file__).resolve().parents[2]
        missing = [name for name in _NEEDED if not (root / name).exists()]
        if missing:
            raise ConfigError(
                f"`pipeline package` works from a checkout: beside the installed program, in {root}, there is"
                f" no {', no '.join(missing)}. Next: clone the repository, set it up by `make demo`, and run"
                " .venv/bin/pipeline package -c FILE, which may be anywhere."
            )
        return cls(root)

    @property
    def lock(self) -> Path:
        """Every package that the program leads to, pinned."""
        return self.root / "requirements.txt"

    @property
    def requirements(self) -> Path:
        """What the program asks for by name."""
        return self.root / "requirements.in"

    @property
    def jobs(self) -> list[Path]:
        """The entry points of spark-submit."""
        return sorted((self.root / "jobs").glob("*.py"))

    @property
    def build_files(self) -> list[Path]:
        """What the wheel is built from, beside the package itself."""
        return [self.root / name for name in _SOURCES]
