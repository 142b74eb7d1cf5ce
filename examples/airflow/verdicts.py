"""What a verdict means for a schedule: go on, and where; ask a person; or run the same command again.

No Airflow in here, so that it can be tested without. The verdict is the JSON object that `--result` writes:
cluster managers swallow exit codes, this file does not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

DONE = 0
DATA_REFUSED = 3
PROMOTION_REFUSED = 4
TRY_AGAIN = 75


class TryAgainError(Exception):
    """The same command should run again: nothing is lost or doubled by it."""


class NeedsAPersonError(Exception):
    """Running the same command again would end the same way."""


def read_verdict(file: str | Path) -> dict[str, Any]:
    """The verdict that a job left.

    Raises:
        TryAgainError: there is none, so the job never began: it was not submitted, or got no driver.
    """
    try:
        found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise TryAgainError(f"The job left no verdict in {file}: it never began.") from error
    return found


def settled(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """The verdict of a job that ended in a way that a schedule can go on from.

    Raises:
        TryAgainError: busy or out of reach for now (75), or still `running`: the driver was killed.
        NeedsAPersonError: a mistake in the configuration (2), or one that nobody expected (1).
    """
    code, sentence = verdict["exit_code"], verdict.get("message") or verdict["verdict"]
    if code is None:
        raise TryAgainError(f"{verdict['step']}: its driver ended without a verdict.")
    if code == TRY_AGAIN:
        raise TryAgainError(sentence)
    if code not in (DONE, DATA_REFUSED, PROMOTION_REFUSED):
        raise NeedsAPersonError(sentence)
    return dict(verdict)


def after_data(verdict: Mapping[str, Any]) -> str:
    """The task after the steps on data: models, or a person's decision about a batch that was refused."""
    return "ask_about_batch" if verdict["exit_code"] == DATA_REFUSED else "models"


def after_models(verdict: Mapping[str, Any]) -> list[str]:
    """The tasks after training and promotion: a refused challenger never stops scoring."""
    refused = verdict["exit_code"] == PROMOTION_REFUSED
    return ["score", "tell_of_refusal"] if refused else ["score"]
