"""An exception as one sentence and an exit code. What has no sentence is unexpected: exit 1, and a log."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError, PipelineError, TransientError

INTERRUPTED = 130  # as a shell reports a program that Ctrl-C ended

_MOST = 600  # characters of a foreign message: Spark's may hold a whole plan

_KNOWN_IN_JVM: tuple[tuple[str, type[PipelineError], str], ...] = (
    (
        r"No space left on device",
        PipelineError,
        "No space is left on the disk that Spark writes to. Free some and run the same command again.",
    ),
    (
        r"java\.lang\.OutOfMemoryError",
        PipelineError,
        "Spark ran out of memory. Raise spark.driver.memory or spark.executor.memory under spark.conf.",
    ),
    (
        r"\bConcurrent\w+Exception",
        TransientError,
        "Another writer changed the same table at the same time. Run the same command again.",
    ),
    (
        r"java\.net\.(?:Connect|UnknownHost|NoRouteToHost|SocketTimeout)\w*: ?(?P<said>[^\n]*)",
        TransientError,
        "A server that Spark needs did not answer ({said}). Run the same command again.",
    ),
)


@dataclass(frozen=True)
class Failure:
    """What to tell, how to call it, with which code to end, and whether the traceback belongs in the log."""

    sentence: str
    exit_code: int
    verdict: str
    logged: bool = False


def explain(error: BaseException) -> Failure:
    """Find the sentence for an exception; never raises."""
    if isinstance(error, PipelineError):
        return _failure(type(error), str(error), logged=False)
    if isinstance(error, KeyboardInterrupt):
        sentence = "Interrupted. What was committed stays; the same command goes on from there."
        return Failure(sentence, INTERRUPTED, "interrupted")
    return _from_spark(error) or _from_system(error) or _unexpected(error)


def _failure(kind: type[PipelineError], sentence: str, *, logged: bool = True) -> Failure:
    return Failure(sentence, kind.exit_code, kind.verdict, logged)


def _unexpected(error: BaseException) -> Failure:
    said = _shortened(str(error))
    name = type(error).__name__
    return _failure(PipelineError, f"Unexpected {name}: {said}" if said else f"Unexpected {name}.")


def _from_system(error: BaseException) -> Failure | None:
    """A file that cannot be read or written: the system says which and why."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return _failure(PipelineError, f"'{error.filename}': {error.strerror}.")
    return None


def _from_spark(error: BaseException) -> Failure | None:
    """Spark's own words, without plan and stack. PySpark is not imported for it: raising has loaded it."""
    pyspark: Any = sys.modules.get("pyspark.errors")
    py4j: Any = sys.modules.get("py4j.protocol")
    if pyspark is not None and isinstance(error, pyspark.PySparkException):
        if isinstance(error, (pyspark.AnalysisException, pyspark.ParseException)):
            return _failure(ConfigError, f"Spark refuses: {_shortened(_first_sentence(str(error)))}")
        said = _shortened(_first_sentence(str(error)))
        return _known_in_jvm(str(error)) or _failure(PipelineError, f"Spark failed: {said}")
    if py4j is not None and isinstance(error, py4j.Py4JJavaError):
        trace = str(error)
        said = _shortened(_root_cause(trace))
        return _known_in_jvm(trace) or _failure(PipelineError, f"Spark failed: {said}")
    if py4j is not None and isinstance(error, py4j.Py4JNetworkError):
        return _failure(PipelineError, "The JVM that runs Spark has ended.")
    return None


def _known_in_jvm(trace: str) -> Failure | None:
    for pattern, kind, sentence in _KNOWN_IN_JVM:
        found = re.search(pattern, trace)
        if found:
            return _failure(kind, sentence.format(**found.groupdict()))
    return None


def _first_sentence(message: str) -> str:
    """Spark puts the message first; then come the query with a pointer, the plan, or the JVM's stack."""
    return re.split(r";?\s*\n(?:==|'|\s*at |JVM stacktrace|\+-|\s*\n)", message, maxsplit=1)[0]


def _root_cause(trace: str) -> str:
    """The last "Caused by" of a Java stack, else the exception that py4j names in its second line."""
    causes = re.findall(r"^Caused by: (.+)$", trace, re.MULTILINE)
    if causes:
        return str(causes[-1])
    named = re.search(r"^: (.+)$", trace, re.MULTILINE)
    return named[1] if named else trace.partition("\n")[0]


def _shortened(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= _MOST else one_line[:_MOST] + " ..."
