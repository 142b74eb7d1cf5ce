"""Calls to the tracking store: quiet, and failing with a sentence instead of MLflow's own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import mlflow
from mlflow.exceptions import MlflowException

from pipeline.errors import ConfigError, PipelineError, TransientError
from pipeline.tracking.patience import PATIENT, Patience, note_away, patience, patience_with
from pipeline.tracking.quiet import quiet
from pipeline.tracking.sqlite import PREFIX

_BUSY = {
    "TEMPORARILY_UNAVAILABLE",
    "REQUEST_LIMIT_EXCEEDED",
    "DEADLINE_EXCEEDED",
    "SERVICE_UNDER_MAINTENANCE",
}
_FORBIDDEN = {"PERMISSION_DENIED", "UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED"}
_AGAIN = "run the same command again"

# A call that failed, or a file that broke off while it was downloaded.
_NO_ANSWER = (
    r"API request to \S+ failed with (timeout )?exception"
    r"|Connection broken|Connection aborted|Read timed out|Max retries exceeded"
)


@contextmanager
def calls(address: str, asked: Patience = PATIENT) -> Iterator[None]:
    """Talk to the store at `address` within the block, as patiently as is asked.

    A store that was away when it was called last is not waited for again: what a failed run still wants to
    tell it must not double its time.

    Raises:
        TransientError: the store does not answer, or is busy.
        ConfigError: it refuses this user, cannot be written, or is no tracking store.
    """
    with quiet(), patience(patience_with(address, asked)):
        try:
            yield
        except MlflowException as error:
            translated = translate(error, address)
            note_away(address, isinstance(translated, TransientError))
            if translated is None:
                raise
            raise translated from error
        note_away(address, False)


def translate(error: MlflowException, address: str) -> PipelineError | None:
    """Our error for MLflow's, None for one that is unexpected."""
    text = str(error)
    if re.search(r"readonly database|unable to open database", text):
        return ConfigError(
            f"The tracking store {address} cannot be written. Next: give this user the right to write there, "
            "or set tracking.uri to another store."
        )
    if "out-of-date database schema" in text:
        return ConfigError(
            f"The database of {address} has the tables of another MLflow than {mlflow.__version__}. Next: "
            f"back it up, then run `mlflow db upgrade {PREFIX}{address}`; if it is newer, install its MLflow."
        )
    if error.error_code in _FORBIDDEN:
        return ConfigError(
            f"The tracking store {address} refuses this user ({error.error_code}). Next: set "
            "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD."
        )
    ill = re.search(r"too many (5\d\d|429) error responses", text)
    if ill is not None:
        return TransientError(
            f"The tracking store {address} answers {ill[1]} ({HTTPStatus(int(ill[1])).phrase}) and goes on "
            f"so: it is busy, or its database is away. Next: see what it logs, then {_AGAIN}."
        )
    if re.search(_NO_ANSWER, text):
        return TransientError(
            f"The tracking store {address} cannot be reached: {_reason(text)}. Next: see that it runs and "
            f"that this machine may reach it, then {_AGAIN}."
        )
    if error.error_code in _BUSY or re.search(r"failed with error code 50[234]", text):
        return TransientError(f"The tracking store {address} is busy: {_first_line(text)} Next: {_AGAIN}.")
    if re.search(r"failed with error code \d+ != 200|not in a valid JSON format", text):
        return ConfigError(
            f"{address} answers, but not as an MLflow tracking server. Next: set tracking.uri to the address "
            "that `mlflow server` listens on."
        )
    return None


def _reason(text: str) -> str:
    """Why a connection failed, in the system's words: `Connection refused`."""
    found = re.search(r"\[Errno -?\d+\] ([^'\")\\]+)", text)
    if found is not None:
        return found[1].strip()
    if re.search(r"timed? ?out", text, re.IGNORECASE):
        return "no answer in time"
    if re.search(r"Connection (broken|aborted)|RemoteDisconnected|IncompleteRead", text):
        return "the connection broke"
    return _first_line(text).rstrip(".")


def _first_line(text: str) -> str:
    line = " ".join(text.splitlines()[0].split())
    return line if len(line) <= 200 else f"{line[:200]} ..."
