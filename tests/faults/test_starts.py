"""Ten starts of one command at once, over the lease of a run that was killed: one works, nine give way."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from subprocess import Popen

import pytest
from pyspark.sql import SparkSession

from tests.faults.compare import difference, newest, state
from tests.faults.kills import PATIENCE, AtCommit, Ended, finished, kill_at, start
from tests.faults.scenarios import load_all, project_of
from tests.faults.shop import Shop, open_shop

pytestmark = [pytest.mark.e2e, pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1800)]

COMMAND = ("run", "--to", "clean", "--json")


def test_of_ten_starts_one_takes_the_dead_holders_lease_and_works(
    spark: SparkSession, tmp_path: Path
) -> None:
    like = open_shop(tmp_path / "alone", batches=2)
    load_all(project_of(like), spark)
    shop = open_shop(tmp_path / "crowded", batches=2)
    assert kill_at(AtCommit("manifest", "manifest/sales/1"), shop.lake, *COMMAND)
    dead = holder(shop)
    assert dead is not None

    ended = ten_starts(shop, dead)

    assert sorted(each.code for each in ended) == [0] + [75] * 9
    for each in ended:
        message = json.loads(each.out.splitlines()[-1])["message"]
        assert each.code == 0 or message.startswith(f"Another run works on {shop.lake}: process "), message
    assert holder(shop) is None
    assert state(spark, shop) == state(spark, like)
    assert difference(newest(spark, like), newest(spark, shop)).where == ()


def ten_starts(shop: Shop, dead: int) -> list[Ended]:
    """Start ten, and hold the one that works back until the other nine have asked and ended.

    It goes on for a second now and then, so that it can renew its lease.
    """
    processes = [start(shop.folder, *COMMAND) for _ in range(10)]
    try:
        at_work = wait_for_holder(shop, dead, processes)
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


def wait_for_holder(shop: Shop, dead: int, processes: list[Popen[str]]) -> int:
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


def holder(shop: Shop) -> int | None:
    """The number of the process that the lease names; None while there is none, or a half-written one."""
    try:
        return int(json.loads((shop.lake / "_lease").read_text())["pid"])
    except (OSError, ValueError):
        return None
