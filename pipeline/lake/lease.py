"""The project's lease: one run at a time, by a file in the lake. It is no table, so it moves no version."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from uuid import uuid4

from py4j.protocol import Py4JError, Py4JJavaError

from pipeline.errors import ConfigError, TransientError
from pipeline.lake.hadoop import Files
from pipeline.lake.reasons import reason

_NAME = "_lease"
_LIFETIME = 120.0
_RENEW_EVERY = 20.0
_LOOK_AGAIN = 0.5
_TRIES = 5
_TRY_AGAIN = 0.1


@dataclass(frozen=True)
class Holder:
    """Who holds the lease; times in seconds since 1970. `machine` tells apart hosts of one name."""

    owner: str
    host: str
    machine: str
    pid: int
    process_start: str
    since: float
    expires: float

    def is_gone(self, now: float) -> bool:
        """Whether the lease may be taken: it ran out, or its process on this very machine is dead."""
        if now >= self.expires:
            return True
        return self.machine == _machine() and self.process_start != _process_start(self.pid)

    def __str__(self) -> str:
        if not self.pid:
            return "a process that its lease does not tell"
        since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.since))
        return f"process {self.pid} on {self.host}, since {since}"


_UNREADABLE = Holder("unreadable", "unknown", "", 0, "", 0.0, 0.0)


class Lease:
    """Held inside a `with` block, renewed meanwhile, given back at its end whatever happened.

    `wait` is how many seconds to wait for another holder: None or 0 gives up at once, infinity never does;
    `tell` hears, once, for whom.

    Raises:
        TransientError: somebody else holds it.
        ConfigError: the lake's root cannot be written.
    """

    def __init__(
        self,
        files: Files,
        root: str,
        *,
        wait: float | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._files = files
        self._root = root.rstrip("/") or "/"
        self._path = f"{self._root}/{_NAME}"
        self._wait = wait or 0.0
        self._tell = tell
        self._mine = _this_process()
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._thread: threading.Thread | None = None
        self._made_root = False

    def __enter__(self) -> Lease:
        give_up_at = time.monotonic() + self._wait
        try:
            self._made_root = not self._files.exists(self._root)
            self._files.make_folder(self._root)
            other = self._take()
        except Py4JJavaError as error:
            raise ConfigError(
                f"lake.root: {self._root} cannot be written: {reason(error)}. "
                "Give a folder that this user may create or write to."
            ) from error
        if other is not None and self._wait and self._tell is not None:
            self._tell(f"waiting for another run: {other}")
        while other is not None:
            if time.monotonic() >= give_up_at:
                raise TransientError(self._refusal(other))
            time.sleep(_LOOK_AGAIN)
            other = self._take()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if not self._lost.is_set() and self._holder_is_me():
            self._files.delete(self._path)
            if self._made_root and not self._files.names(self._root):
                self._files.delete(self._root)  # nothing was written: leave nothing behind

    def check(self) -> None:
        """Raise TransientError when another took the lease, which had run out: perhaps the machine slept.

        After a sleep this may run before the renewing thread has looked, so a lease past its time is read.
        """
        if not self._lost.is_set() and time.time() >= self._mine.expires and not self._holder_is_me():
            self._lost.set()
        if self._lost.is_set():
            raise TransientError(
                f"This run lost its lease {self._path}: it was away for too long. Run the same command again."
            )

    def _take(self) -> Holder | None:
        """None when the lease is mine now, otherwise who has it.

        There is nobody alive to name while another gives it back or takes it over: the next look takes it,
        or finds who was quicker.
        """
        holder = None
        for tries_left in reversed(range(_TRIES)):
            try:
                if self._try_to_take():
                    return None
                holder = self._holder()
                if holder is not None and not holder.is_gone(time.time()):
                    return holder
            except Py4JJavaError:  # a lease may be given back under a call that reads it
                if not tries_left:
                    raise
            time.sleep(_TRY_AGAIN)
        return holder or _UNREADABLE

    def _try_to_take(self) -> bool:
        now = time.time()
        self._mine = replace(self._mine, since=now, expires=now + _LIFETIME)
        if self._files.create(self._path, _to_bytes(self._mine)):
            return self._holder_is_me()
        holder = self._holder()
        if holder is not None and holder.owner == self._mine.owner:
            return True  # taken by the try before this one, which failed afterwards
        return holder is not None and holder.is_gone(now) and self._take_over(holder)

    def _take_over(self, gone: Holder) -> bool:
        """Write over the lease of a holder who is gone; false where that is another's turn.

        Only one may: who creates the file that claims the succession to that owner. One who went with the
        claim in hand is succeeded to in the same way. A claim that comes too late, as the lease is another's
        by now, is given up: a lease that somebody holds is never touched.
        """
        claims = [self._claim(gone)]
        while not self._files.create(claims[-1], _to_bytes(self._mine)):
            found = self._read(claims[-1])
            if found is not None and found.owner == self._mine.owner:
                break  # by the try before this one
            if found is None or not found.is_gone(time.time()):
                return False
            claims.append(self._claim(found))
        found = self._holder()
        is_due = found is not None and found.owner == gone.owner
        if is_due:
            self._files.overwrite(self._path, _to_bytes(self._mine))
        for claim in claims:
            self._files.delete(claim)
        return is_due

    def _claim(self, gone: Holder) -> str:
        return f"{self._path}.{gone.owner}"

    def _renew(self) -> None:
        while not self._stop.wait(_RENEW_EVERY):
            with suppress(
                Py4JError, OSError
            ):  # a file system that is away for a moment: the next turn renews
                if not self._holder_is_me():
                    self._lost.set()
                    return
                renewed = replace(self._mine, expires=time.time() + _LIFETIME)
                self._files.overwrite(self._path, _to_bytes(renewed))
                self._mine = renewed

    def _holder_is_me(self) -> bool:
        holder = self._holder()
        return holder is not None and holder.owner == self._mine.owner

    def _holder(self) -> Holder | None:
        return self._read(self._path)

    def _read(self, path: str) -> Holder | None:
        """The lease as written, None when there is none. While it is renewed it is empty for a moment."""
        for _ in range(10):
            if not self._files.exists(path):
                return None
            try:
                return Holder(**json.loads(self._files.head(path, 4096)))
            except (ValueError, TypeError):
                time.sleep(0.1)
        written = self._files.modified(path)
        return replace(_UNREADABLE, owner=f"unreadable-{written:.0f}", expires=written + _LIFETIME)

    def _refusal(self, other: Holder) -> str:
        return (
            f"Another run works on {self._root}: {other}. Run the same command again when it has "
            f"ended, or with --wait; if it is dead, its lease runs out within {_LIFETIME:.0f} seconds."
        )


def _this_process() -> Holder:
    pid = os.getpid()
    return Holder(uuid4().hex, socket.gethostname(), _machine(), pid, _process_start(pid), 0.0, 0.0)


def _machine() -> str:
    """One boot of a kernel and one space of process numbers in it; the host's name where /proc is missing."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def _process_start(pid: int) -> str:
    """When a process started, so that a reused number is not taken for it; empty when there is none."""
    if Path("/proc/self/stat").exists():
        try:
            # The second field is the command in brackets and may hold spaces; the start is the 20th after it.
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
        except OSError:
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"


def _to_bytes(holder: Holder) -> bytes:
    return json.dumps(asdict(holder)).encode()
