"""Ten starts of one command at the same moment."""

from __future__ import annotations

import json
import os
import signal
import time
from subprocess import Popen

from tests.faults.kills import PATIENCE, Ended, finished, start
from tests.faults.shop import Shop


def ten_starts(shop: Shop, dead: int, *words: str) -> list[Ended]:
    """Start ten, and hold the one that works back until the other nine have asked and ended.

    It goes on for a second now and then, so that it can renew its lease. `dead` is the process whose lease
    was left behind.
    """
    processes = [start(shop.folder, *words) for _ in range(10)]
    try:
        at_work = _wait_for_holder(shop, dead, processes)
        while sum(process.poll() is None for process in processes) > 1:
            os.killpg(at_work, signal.SIGSTOP)
            time.sleep(5)
            os.killpg(at_work, signal.SIGCONT)
            time.sleep(1)
        return [finished(process) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def holder(shop: Shop) -> int | None:
    """The number of the process that the lease names; None while there is none, or a half-written one."""
    try:
        return int(json.loads((shop.lake / "_lease").read_text())["pid"])
    except (OSError, ValueError):
        return None


def _wait_for_holder(shop: Shop, dead: int, processes: list[Popen[str]]) -> int:
    """The number of the process that took the lease."""
    give_up_at = time.monotonic() + PATIENCE
    pids = {process.pid for process in processes}
    while True:
        pid = holder(shop)
        if pid is not None and pid != dead:
            assert pid in pids
            return pid
        assert time.monotonic() < give_up_at, "nobody took the lease"
        time.sleep(0.02)
