from __future__ import annotations

import os

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    BAD_REQUEST,
    INVALID_PARAMETER_VALUE,
    PERMISSION_DENIED,
    TEMPORARILY_UNAVAILABLE,
)

from pipeline.errors import ConfigError, PipelineError, TransientError
from pipeline.tracking.calls import calls, translate

REFUSED = (
    "API request to http://mlflow:5000/api/2.0/mlflow/experiments/get-by-name failed with exception "
    "HTTPConnectionPool(host='mlflow', port=5000): Max retries exceeded with url: /api (Caused by "
    "NewConnectionError('<urllib3.HTTPConnection object at 0x7f>: Failed to establish a new connection: "
    "[Errno 111] Connection refused'))"
)
TIMED_OUT = "API request to http://mlflow:5000/api failed with timeout exception Read timed out."
BROKEN = (
    "API request to http://mlflow:5000/api failed with exception ('Connection aborted.', "
    "RemoteDisconnected('Remote end closed connection without response'))"
)
ILL = (
    "API request to http://mlflow:5000/api failed with exception HTTPConnectionPool(host='mlflow', port=50): "
    "Max retries exceeded with url: /api (Caused by ResponseError('too many 503 error responses'))"
)
DOWNLOAD = (
    "The following failures occurred while downloading one or more artifacts from mlflow-artifacts:/1/2:\n"
    f"##### File sparkml/metadata/part-0 #####\n{REFUSED}"
)
HTML = "API request to endpoint /api/2.0/mlflow/x failed with error code 404 != 200. Response body: '<html>'"
PROXY = "API request to endpoint /api/2.0/mlflow/x failed with error code 502 != 200. Response body: ''"
NOT_JSON = "API request to endpoint was successful but the response body was not in a valid JSON format."


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            MlflowException(REFUSED),
            TransientError,
            "http://mlflow:5000 cannot be reached: Connection refused. Next:",
        ),
        (MlflowException(TIMED_OUT), TransientError, "cannot be reached: no answer in time. Next:"),
        (MlflowException(BROKEN), TransientError, "cannot be reached: the connection broke. Next:"),
        (MlflowException(DOWNLOAD), TransientError, "cannot be reached: Connection refused. Next:"),
        (
            MlflowException(ILL),
            TransientError,
            "http://mlflow:5000 answers 503 (Service Unavailable) and goes on so: it is busy, or its",
        ),
        (MlflowException(PROXY, BAD_REQUEST), TransientError, "http://mlflow:5000 is busy: API request"),
        (
            MlflowException("database is locked", TEMPORARILY_UNAVAILABLE),
            TransientError,
            "is busy: database is",
        ),
        (MlflowException(HTML, BAD_REQUEST), ConfigError, "http://mlflow:5000 answers, but not as an MLflow"),
        (MlflowException(NOT_JSON), ConfigError, "http://mlflow:5000 answers, but not as an MLflow"),
        (
            MlflowException("no", PERMISSION_DENIED),
            ConfigError,
            "refuses this user (PERMISSION_DENIED). Next: set",
        ),
        (
            MlflowException("attempt to write a readonly database"),
            ConfigError,
            "cannot be written. Next: give",
        ),
    ],
)
def test_an_error_of_the_store_has_a_sentence(
    error: MlflowException, kind: type[PipelineError], sentence: str
) -> None:
    found = translate(error, "http://mlflow:5000")

    assert type(found) is kind
    assert sentence in str(found)


def test_an_error_without_a_sentence_stays_what_it_is() -> None:
    error = MlflowException("Invalid metric name", INVALID_PARAMETER_VALUE)

    assert translate(error, "http://mlflow:5000") is None
    with pytest.raises(MlflowException, match="Invalid metric name"), calls("http://mlflow:5000"):
        raise error


def test_who_was_away_is_not_waited_for_again_until_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    retries = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
    monkeypatch.delenv(retries, raising=False)

    def seen() -> str:
        with calls("http://mlflow:5000"):
            return os.environ[retries]

    assert seen() == "5"
    with pytest.raises(TransientError), calls("http://mlflow:5000"):
        raise MlflowException(REFUSED)
    assert seen() == "1"
    assert seen() == "5"
    assert retries not in os.environ


def test_calls_raise_the_translated_error() -> None:
    with (
        pytest.raises(TransientError, match=r"then run the same command again\.$"),
        calls("http://mlflow:5000"),
    ):
        raise MlflowException(REFUSED)
    with calls("http://mlflow:5000"):  # it is back, for the tests after this one
        pass
