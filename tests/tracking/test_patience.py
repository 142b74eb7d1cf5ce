from __future__ import annotations

import os

import pytest

from pipeline.tracking.patience import MOVING_FILES, PATIENT, SHORT, note_away, patience, patience_with

RETRIES, TIMEOUT = "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT"


def now() -> tuple[str | None, str | None]:
    return os.environ.get(RETRIES), os.environ.get(TIMEOUT)


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RETRIES, raising=False)
    monkeypatch.delenv(TIMEOUT, raising=False)


def test_the_newest_wish_counts_and_the_environment_is_given_back() -> None:
    with patience(PATIENT):
        assert now() == ("5", "30")
        with patience(MOVING_FILES):
            assert now() == ("5", "120")
        assert now() == ("5", "30")
    assert now() == (None, None)


def test_wishes_of_several_threads_may_end_in_any_order() -> None:
    first, second = patience(PATIENT), patience(SHORT)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert now() == ("1", "10")
    second.__exit__(None, None, None)
    assert now() == (None, None)


def test_what_the_user_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RETRIES, "9")

    with patience(PATIENT):
        assert now() == ("9", "30")

    assert now() == ("9", None)


def test_an_address_that_was_away_is_asked_with_little_patience() -> None:
    note_away("http://mlflow:5000", True)
    assert patience_with("http://mlflow:5000", PATIENT) == SHORT
    assert patience_with("http://other:5000", PATIENT) == PATIENT

    note_away("http://mlflow:5000", False)
    assert patience_with("http://mlflow:5000", MOVING_FILES) == MOVING_FILES
