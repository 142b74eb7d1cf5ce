"""Which settings of a source make its rows what they are."""

from __future__ import annotations

from pipeline.config import fingerprint
from pipeline.config.sources import Source

_NOT_FOR_CLEANING = ("path", "format", "options", "batch_size", "max_quarantined")


def settings_mark(source: Source) -> str:
    """The fingerprint of the settings by which a batch is cleaned."""
    return fingerprint(source, without=_NOT_FOR_CLEANING)
