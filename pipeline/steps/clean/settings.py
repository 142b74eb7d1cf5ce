"""Which settings of a source make its rows what they are, and in which words they are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.config import fingerprint
from pipeline.config.masking import public_values
from pipeline.config.sources import Source

SETTINGS = "settings"
_NOT_FOR_CLEANING = (
    "path",
    "format",
    "options",
    "batch_size",
    "on_changed_file",
    "max_quarantined",
    "cluster_by",
)
# What columns may come and go in later batches: the rows that are in silver stay as they are.
_FOR_LATER_BATCHES = ("on_new_column", "on_missing_column")


def settings_mark(source: Source) -> str:
    """The fingerprint of the settings by which a batch is cleaned."""
    return fingerprint(source, without=_NOT_FOR_CLEANING)


def settings_text(source: Source) -> str:
    """The same settings as JSON, for the ledger; secrets are masked."""
    return json.dumps(cleaning_settings(source), sort_keys=True, ensure_ascii=False)


def cleaning_settings(source: Source) -> Mapping[str, Any]:
    """The settings that rows in silver depend on, as plain values, defaults included."""
    left_out = (*_NOT_FOR_CLEANING, *_FOR_LATER_BATCHES)
    values = {name: value for name, value in public_values(source).items() if name not in left_out}
    # What a rule does when nothing is said depends on its kind: to write that down changes nothing.
    values["rules"] = {
        name: {**values["rules"][name], "on_failure": rule.action} for name, rule in source.rules.items()
    }
    return values
