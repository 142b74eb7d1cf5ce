"""Why Spark or Delta refused something, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from delta.exceptions import DeltaConcurrentModificationException
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException

from pipeline.errors import PipelineError, TransientError

_TEXT_NOT_FOUND = "Cannot find main error class"


def reason(error: BaseException) -> str:
    """The first line of what Java said first.

    For a refusal by Delta PySpark looks the text up among Spark's, does not find it, and raises that:
    the refusal is then the context of the error that arrives.
    """
    text = _java_text(error)
    if _TEXT_NOT_FOUND in text and error.__context__ is not None:
        return reason(error.__context__)
    return text.strip().partition("\n")[0]


def causes(error: BaseException) -> list[str]:
    """What Java said at each step down to the first cause, the outermost first."""
    java, texts = _java(error), []
    while java is not None:
        texts.append(str(java.getMessage() or java.getClass().getName()))
        java = java.getCause()
    return texts or [str(error)]


def kinds(error: BaseException) -> list[str]:
    """The classes of what Java threw, down to the first cause; also those an executor only tells of."""
    java, found = _java(error), []
    while java is not None:
        found.append(str(java.getClass().getName()))
        java = java.getCause()
    told = [line for text in causes(error) for line in text.splitlines() if line.startswith("Caused by: ")]
    return found + [line.removeprefix("Caused by: ").partition(":")[0] for line in told]


def _java(error: BaseException) -> Any:
    return error.java_exception if isinstance(error, Py4JJavaError) else getattr(error, "_origin", None)


def _java_text(error: BaseException) -> str:
    java = _java(error)
    return str(error) if java is None else str(java.getMessage() or java.getClass().getName())


@contextmanager
def readable_refusals(what: str) -> Iterator[None]:
    """Turn what Delta says about a write into a sentence that can be printed.

    Raises:
        TransientError: another writer was faster.
        PipelineError: the write can never work.
    """
    try:
        yield
    except DeltaConcurrentModificationException as error:
        raise TransientError(
            f"{what}: another writer was faster ({reason(error)}). Run the same command again."
        ) from error
    except (AnalysisException, Py4JJavaError) as error:
        if isinstance(error, Py4JJavaError) and _TEXT_NOT_FOUND not in _java_text(error):
            raise
        raise PipelineError(f"{what}: Delta refused the write: {reason(error)}") from error
