"""What libraries write goes to the project's log; with -v it is shown on stderr as it comes."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from pipeline.progress import Progress

_LOOK_EVERY = 0.3  # seconds
_LAYOUT = "%(asctime)s %(levelname)s %(name)s %(message)s"


@contextmanager
def logs(file: Path, follower: Progress | None) -> Iterator[None]:
    """Send Python's logging and warnings to `file` within the block; tell the follower each line that comes.

    The file is made by the first line: a command that has nothing to log leaves none.
    """
    handler = _LogFile(file)
    handler.setFormatter(logging.Formatter(_LAYOUT))
    root = logging.getLogger()
    root.addHandler(handler)
    logging.captureWarnings(True)
    stop = threading.Event()
    begin = file.stat().st_size if file.exists() else 0
    thread = threading.Thread(target=_follow, args=(file, begin, follower, stop), name="log", daemon=True)
    if follower is not None:
        follower.say(f"log: {file}")
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if follower is not None:
            thread.join()
        logging.captureWarnings(False)
        root.removeHandler(handler)
        handler.close()


def write_traceback(error: BaseException, file: Path | None) -> Path:
    """Append the traceback to the log, or to a new file where that cannot be written; returns the file."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    text = f"{now} {''.join(traceback.format_exception(error))}"
    if file is not None:
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as stream:
                stream.write(text)
            return file
    handle, name = tempfile.mkstemp(prefix="pipeline-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return Path(name)


class _LogFile(logging.FileHandler):
    """A log file that the first line makes, with its folder; one that cannot be written stops nobody."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, encoding="utf-8", delay=True)
        self._folder = file.parent

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            super().emit(record)


def _follow(file: Path, begin: int, follower: Progress, stop: threading.Event) -> None:
    """Tell what is appended to a file behind `begin`, until stopped; then what is left."""
    seen, rest = begin, ""
    while True:
        last_look = stop.wait(_LOOK_EVERY)
        with suppress(OSError), file.open(encoding="utf-8", errors="replace") as stream:
            stream.seek(seen)
            rest += stream.read()
            seen = stream.tell()
        *lines, rest = rest.split("\n")
        for line in lines:
            follower.say(line)
        if last_look:
            return
