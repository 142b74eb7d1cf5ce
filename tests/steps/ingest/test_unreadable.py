from __future__ import annotations

from typing import Any

import pytest
from py4j.protocol import Py4JJavaError

from pipeline.steps.ingest.manifest import Entry
from pipeline.steps.ingest.unreadable import is_out_of_reach, last_cause, marked, named_by
from tests.small_project import NOON


class Thrown:
    """A Java exception as py4j hands it over."""

    _target_id = "o1"
    _gateway_client = None

    def __init__(self, kind: str, message: str, cause: Thrown | None = None) -> None:
        self.kind, self.message, self.cause = kind, message, cause

    def getClass(self) -> Thrown:  # noqa: N802 - Java's name
        return self

    def getName(self) -> str:  # noqa: N802
        return self.kind

    def getMessage(self) -> str:  # noqa: N802
        return self.message

    def getCause(self) -> Thrown | None:  # noqa: N802
        return self.cause


def failure(*chain: tuple[str, str]) -> Py4JJavaError:
    cause: Thrown | None = None
    for kind, message in reversed(chain):
        cause = Thrown(kind, message, cause)
    error: Any = Py4JJavaError.__new__(Py4JJavaError)
    error.java_exception = cause
    return error


def entry(path: str, **more: Any) -> Entry:
    return Entry("houses", 1, 1, path, 10, NOON, NOON, **more)


@pytest.mark.parametrize(
    ("chain", "out_of_reach"),
    [
        ([("org.apache.spark.SparkException", "[FAILED_READ_FILE]"), ("java.io.EOFException", "end")], False),
        ([("java.io.FileNotFoundException", "File a.csv does not exist")], False),
        ([("java.lang.RuntimeException", "bad\n\tat java.net.URLClassLoader.find(X.java)")], False),
        ([("java.io.IOException", "x"), ("java.net.UnknownHostException", "bucket")], True),
        ([("java.io.FileNotFoundException", "a.csv (Permission denied)")], True),
        ([("org.apache.spark.SparkException", "lost\nCaused by: java.net.SocketException: reset")], True),
    ],
)
def test_the_way_to_a_file_is_not_its_content(chain: list[tuple[str, str]], out_of_reach: bool) -> None:
    assert is_out_of_reach(failure(*chain)) is out_of_reach


def test_the_files_that_a_failure_names() -> None:
    files = [entry("file:/d/a b.csv"), entry("file:/d/c.csv"), entry("file:/d/e.csv")]
    error = failure(("S", "reading file:///d/a%20b.csv"), ("J", "file:/d/c.csv is no file.\nat x"))

    assert named_by(error, files) == files[:2]
    assert last_cause(error) == "file:/d/c.csv is no file"


def test_a_new_attempt_says_what_is_known() -> None:
    files = [entry("a"), entry("b", unreadable="cut"), entry("c")]

    assert [(file.attempt, file.unreadable, file.size) for file in marked(files, {"c": "bad"}, 2)] == [
        (2, "", 10),
        (2, "cut", 10),
        (2, "bad", 10),
    ]
    (gone,) = marked([entry("a")], {"a": "it is not there any more"}, 2)
    assert gone.size == -1
