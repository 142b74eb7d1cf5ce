"""Which files of a batch cannot be read, looked for only after Spark has failed on one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from pipeline.explain import is_of_the_machines
from pipeline.lake.hadoop import Files
from pipeline.lake.reasons import causes, kinds
from pipeline.steps.ingest.manifest import Entry

_THREADS = 4
_LONGEST = 300
_GONE = "it is not there any more"
# Not the file's fault, and over some time later: nothing may be put aside for these.
_OUT_OF_REACH = (
    "java.net.",
    "javax.net.",
    "AccessControlException",
    "AccessDenied",
    "InterruptedIOException",
    "TimeoutException",
    "ServiceException",
    "SdkClientException",
    "Permission denied",
)

Failure = (PySparkException, Py4JJavaError)
Read = Callable[[Sequence[Entry]], DataFrame]


def is_out_of_reach(error: BaseException) -> bool:
    """Whether a failure tells of the way to a file, not of its content."""
    said = [text.partition("\n")[0] for text in causes(error)]
    return any(sign in text for text in [*kinds(error), *said] for sign in _OUT_OF_REACH)


def named_by(error: BaseException, files: Sequence[Entry]) -> list[Entry]:
    """The files that Spark names in a failure."""
    said = causes(error)
    return [file for file in files if any(_is_about(file.path, text) for text in said)]


def last_cause(error: BaseException) -> str:
    """The first line of the first cause, bounded."""
    return causes(error)[-1].strip().partition("\n")[0].rstrip(".")[:_LONGEST]


def probed(files: Files, read: Read, suspects: Sequence[Entry]) -> Mapping[str, str]:
    """Why each of the suspects cannot be read, by path: each is read alone, whole, once.

    Raises what Spark raised, when a file is out of reach or the machines that read it fail.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(lambda file: _why(files, read, file), suspects)
        return {file.path: why for file, why in zip(suspects, found, strict=True) if why}


def marked(entries: Sequence[Entry], why: Mapping[str, str], attempt: int) -> list[Entry]:
    """The entries of a new attempt, the unreadable ones with their reasons.

    A file that is gone has no size any more, so that it lands when it comes back as it was.
    """
    return [
        replace(
            entry,
            attempt=attempt,
            unreadable=why.get(entry.path, entry.unreadable),
            size=-1 if why.get(entry.path) == _GONE else entry.size,
        )
        for entry in entries
    ]


def _why(files: Files, read: Read, file: Entry) -> str:
    try:
        read([file]).write.format("noop").mode("overwrite").save()
    except Failure as error:
        if is_out_of_reach(error) or is_of_the_machines(error):
            raise
        return last_cause(error) if files.exists(file.path) else _GONE
    return ""


def _is_about(path: str, text: str) -> bool:
    """Whether a text names a file, with one or three slashes behind its scheme, encoded or not."""
    bare = path.partition(":")[2].lstrip("/")
    return bare in text or quote(bare) in text
