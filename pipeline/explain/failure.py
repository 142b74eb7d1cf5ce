"""What to tell of an exception, how to call it, and with which code to end."""

from __future__ import annotations

import errno
import sys
from dataclasses import dataclass, replace
from typing import Any

from pipeline.errors import PipelineError, short
from pipeline.explain.refusals import spark_sentence
from pipeline.explain.traces import JVM_GONE, known_in_java, python_words, root_cause, tells_of_machines

INTERRUPTED = 130  # as a shell reports a program that Ctrl-C ended


@dataclass(frozen=True)
class Failure:
    """What to tell, how to call it, with which code to end, and whether the traceback belongs in the log.

    `nexts` are commands that may come next, as words after `pipeline`, each with what it does.
    """

    sentence: str
    exit_code: int
    verdict: str
    logged: bool = False
    nexts: tuple[tuple[tuple[str, ...], str], ...] = ()


def explain(error: BaseException) -> Failure:
    """Find the sentence for an exception; never raises."""
    if isinstance(error, PipelineError):
        failure = _failure(type(error), str(error), logged=_has_more_to_say(error))
        return replace(failure, nexts=error.nexts)
    if isinstance(error, KeyboardInterrupt):
        sentence = "Interrupted. What was committed stays; the same command goes on from there."
        return Failure(sentence, INTERRUPTED, "interrupted")
    return _from_spark(error) or _from_system(error) or _unexpected(error)


def is_of_the_machines(error: BaseException) -> bool:
    """Whether machines failed, and not what they worked on: no file is put aside for it, no model refused."""
    if _is_from_a_dead_jvm(error):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    return _is_sparks(error) and tells_of_machines(_text(error))


def _failure(kind: type[PipelineError], sentence: str, *, logged: bool = True) -> Failure:
    return Failure(short(sentence), kind.exit_code, kind.verdict, logged)


def _has_more_to_say(error: PipelineError) -> bool:
    """Whether a refusal of ours hides a stack that someone may want: Spark's, or where it was given up."""
    return error.exit_code == PipelineError.exit_code or _is_sparks(error.__cause__)


def _unexpected(error: BaseException) -> Failure:
    said = " ".join(_text(error).split())
    name = type(error).__name__
    return _failure(PipelineError, f"Unexpected {name}: {said}" if said else f"Unexpected {name}.")


def _from_system(error: BaseException) -> Failure | None:
    """A file that cannot be read or written: the system says which and why."""
    if not isinstance(error, OSError) or not error.strerror:
        return None
    if error.errno == errno.ENOSPC:
        where = f" for '{error.filename}'" if error.filename else ""
        return _failure(
            PipelineError, f"No space is left on the disk{where}. Free some and run the same command again."
        )
    return _failure(PipelineError, f"'{error.filename}': {error.strerror}.") if error.filename else None


def _from_spark(error: BaseException) -> Failure | None:
    """Spark's own words, without plan and stack. PySpark is not imported for it: raising has loaded it."""
    if _is_from_a_dead_jvm(error):
        return _failure(PipelineError, JVM_GONE)
    if not _is_sparks(error):
        return None
    text = _text(error)
    known = known_in_java(text)
    if known is not None:
        return _failure(*known)
    refusal = spark_sentence(error)
    if refusal is not None:
        return _failure(*refusal)
    return _failure(PipelineError, f"Spark failed: {python_words(text) or root_cause(text)}")


def _is_sparks(error: BaseException | None) -> bool:
    pyspark: Any = sys.modules.get("pyspark.errors")
    py4j: Any = sys.modules.get("py4j.protocol")
    return (pyspark is not None and isinstance(error, pyspark.PySparkException)) or (
        py4j is not None and isinstance(error, py4j.Py4JError)
    )


def _is_from_a_dead_jvm(error: BaseException) -> bool:
    """Whether the connection to the JVM broke: as py4j's own error, or as the socket's from inside of it."""
    py4j: Any = sys.modules.get("py4j.protocol")
    if py4j is None:
        return False
    if isinstance(error, py4j.Py4JNetworkError):
        return True
    if isinstance(error, py4j.Py4JJavaError):
        return _text(error) == ""  # its text is asked of the JVM
    if not isinstance(error, ConnectionError):
        return False
    trace, modules = error.__traceback__, []
    while trace is not None:
        modules.append(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    return any(name.startswith("py4j.") for name in modules)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - py4j asks a JVM that may be gone
        return ""
