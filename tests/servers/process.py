"""A server process of a test: started, waited for until it answers, killed with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120.0  # seconds until it answers, on a machine that does other things too


@dataclass
class Server:
    """One server that can be killed and started again. `answers` asks whether it is ready for work."""

    name: str
    command: Sequence[str]
    log: Path
    answers: Callable[[], bool]
    options: Mapping[str, Any] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _one_at_a_time: threading.RLock = field(default_factory=threading.RLock)

    def start(self) -> None:
        """Start it and return when it answers; another thread may be killing it still."""
        with self._one_at_a_time:
            self._start()

    def _start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command, stdout=log, stderr=log, start_new_session=True, **self.options
            )
        give_up_at = time.monotonic() + PATIENCE
        while not self.answers():
            code = self._process.poll()
            if code is not None or time.monotonic() > give_up_at:
                self.kill()
                said = self.log.read_text(errors="replace")[-2_000:]
                raise AssertionError(f"{self.name} does not answer (it ended with {code}). It said: {said}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it, and every child, by SIGKILL."""
        with self._one_at_a_time:
            process, self._process = self._process, None
            if process is not None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ask it to end, and see that nothing of it is left."""
        if self._process is not None:
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self.kill()
