"""Table names: one place that knows how a table is called."""

from __future__ import annotations

import re

from pipeline.errors import PipelineError

MANIFEST = "manifest"
INTENTS = "intents"
LEDGER = "ledger"
CONTRACTS = "contracts"
RUNS = "runs"
UNREADABLE = "unreadable file: "
"""How the `_corrupt_record` of a row begins that stands for a whole file."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


def is_table(name: str) -> bool:
    """Whether a table of a lake may be called so."""
    return _NAME.fullmatch(name) is not None


def validate_table(name: str) -> str:
    """The name itself, when it can only be one table of the lake, and no path out of it.

    Raises:
        PipelineError: the name has other characters than small letters, digits and `_`.
    """
    if not is_table(name):
        raise PipelineError(
            f"'{name}' is not a table name: use small letters, digits and '_', a letter first."
        )
    return name


def bronze(source: str) -> str:
    """What was received from a source."""
    return f"bronze_{source}"


def silver(source: str) -> str:
    """The typed, validated rows of a source, one per key."""
    return f"silver_{source}"


def quarantine(source: str) -> str:
    """The rows of a source that were kept aside, with their reasons."""
    return f"quarantine_{source}"


def features(name: str) -> str:
    """The rows that models see."""
    return f"features_{name}"


def predictions(name: str) -> str:
    """What models said about them."""
    return f"predictions_{name}"
