"""A trial as one line of JSON, and the same trial again from it."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from pipeline.tuning.candidates import Candidate
from pipeline.tuning.trials import Trial

_LEFT_OUT = "candidate"  # it is known by the key that the text is kept under
_DEFAULTS = Trial(Candidate(0, "", {}), 0)


def trial_text(trial: Trial) -> str:
    """All of a trial but its candidate; what is as it is by default is left out.

    Numbers are written so that the very same come back, NaN and infinity too.
    """
    values = {field.name: getattr(trial, field.name) for field in fields(trial) if field.name != _LEFT_OUT}
    told = {name: value for name, value in values.items() if value != getattr(_DEFAULTS, name)}
    return json.dumps({"fold": trial.fold, **told}, ensure_ascii=False, separators=(",", ":"), default=dict)


def trial_from(text: str, candidate: Candidate) -> Trial | None:
    """The trial of a text, None where it is no such text or tells of what is not known here."""
    try:
        values: dict[str, Any] = json.loads(text)
        return Trial(candidate, **values)
    except (TypeError, ValueError):
        return None
