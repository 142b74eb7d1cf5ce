from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from pipeline.errors import ConfigError, TransientError
from pipeline.lake import lease as lease_module
from pipeline.lake.hadoop import Files
from pipeline.lake.lease import Holder, Lease


def holder(**changes: object) -> Holder:
    """The test process, holding for another minute."""
    mine = lease_module._this_process()
    return replace(replace(mine, since=0.0, expires=time.time() + 60), **changes)


def dead_process() -> int:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    return int(ended.stdout)


def test_a_live_holder_is_not_gone() -> None:
    assert not holder().is_gone(time.time())


def test_a_holder_is_gone_when_its_time_is_over() -> None:
    assert holder(expires=100.0).is_gone(100.0)
    assert not holder(expires=100.0).is_gone(99.0)


def test_a_holder_is_gone_when_its_process_is_dead_or_another_has_its_number() -> None:
    assert holder(pid=dead_process()).is_gone(time.time())
    assert holder(process_start="1").is_gone(time.time())


def test_a_holder_elsewhere_is_not_judged_by_its_process() -> None:
    assert not holder(machine="another", pid=dead_process()).is_gone(time.time())


@pytest.fixture
def files(spark: SparkSession) -> Files:
    return Files(spark)


@pytest.mark.spark
def test_the_second_is_refused_and_the_next_gets_it(files: Files, tmp_path: Path) -> None:
    root = str(tmp_path / "lake")
    with Lease(files, root):
        with pytest.raises(
            TransientError,
            match=rf"Another run works on .*lake: process {os.getpid()} on .*since \d{{4}}-.* UTC",
        ):
            Lease(files, root).__enter__()
        assert (tmp_path / "lake" / "_lease").exists()

    assert list(tmp_path.iterdir()) == []
    with Lease(files, root):
        (tmp_path / "lake" / "bronze_houses").mkdir()
    assert [path.name for path in (tmp_path / "lake").iterdir()] == ["bronze_houses"]


@pytest.mark.spark
def test_the_lease_is_given_back_when_the_work_fails(files: Files, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="work"), Lease(files, str(tmp_path)):
        raise ValueError("work")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_the_lease_of_a_dead_process_is_taken_over_at_once(files: Files, tmp_path: Path) -> None:
    (tmp_path / "_lease").write_text(json.dumps(asdict(holder(owner="dead", pid=dead_process()))))

    with Lease(files, str(tmp_path)):
        assert json.loads((tmp_path / "_lease").read_text())["pid"] == os.getpid()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
@pytest.mark.parametrize("call", ["head", "overwrite", "create"])
def test_a_file_that_goes_away_under_a_call_is_no_mistake_of_the_configuration(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Ten that start at once take the dead holder's lease over under each other's calls."""
    (tmp_path / "_lease").write_text(json.dumps(asdict(holder(pid=dead_process()))))
    real, failed = getattr(files, call), []

    def fails_once(*given: object) -> object:
        if not failed:
            failed.append(call)
            files._at(str(tmp_path / "gone"))[0].open(files._path(str(tmp_path / "gone")))
        return real(*given)

    monkeypatch.setattr(files, call, fails_once)
    with Lease(files, str(tmp_path)):
        assert json.loads((tmp_path / "_lease").read_text())["pid"] == os.getpid()
    assert failed == [call]


@pytest.mark.spark
@pytest.mark.parametrize("comes", [None, "another"])
def test_a_lease_that_is_given_back_at_this_moment_is_taken_or_told_by_its_new_holder(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comes: str | None
) -> None:
    """Between the file in the way and the look at whose it is, it goes away."""
    path = tmp_path / "_lease"
    real, calls = files.create, []

    def given_back(*given: Any) -> bool:
        calls.append(given)
        if len(calls) == 1:
            return False
        if comes is not None:
            path.write_text(json.dumps(asdict(holder(owner=comes, pid=7, machine="there"))))
        return real(*given)

    monkeypatch.setattr(files, "create", given_back)
    if comes is None:
        with Lease(files, str(tmp_path)):
            assert json.loads(path.read_text())["pid"] == os.getpid()
    else:
        with pytest.raises(TransientError, match=r"Another run works on .*: process 7 on "):
            Lease(files, str(tmp_path)).__enter__()
    assert len(calls) == 2


def left_behind(path: Path, **changes: object) -> Holder:
    """A lease, or a claim for one, whose holder is dead or as told."""
    given = holder(**{"owner": "dead", "pid": dead_process(), **changes})
    path.write_text(json.dumps(asdict(given)))
    return given


@pytest.mark.spark
def test_one_of_many_takes_the_lease_of_a_dead_process(files: Files, tmp_path: Path) -> None:
    for turn in range(8):
        root = tmp_path / str(turn)
        root.mkdir()
        left_behind(root / "_lease", owner=f"dead{turn}")
        leases = [Lease(files, str(root)) for _ in range(6)]
        start = threading.Barrier(len(leases))

        def taken(lease: Lease, start: threading.Barrier = start) -> bool:
            start.wait(60)
            with suppress(TransientError):
                lease.__enter__()
                return True
            return False

        with ThreadPoolExecutor(len(leases)) as pool:
            got = list(pool.map(taken, leases))
        assert sum(got) == 1
        assert [path.name for path in root.iterdir() if not path.name.endswith(".crc")] == ["_lease"]
        leases[got.index(True)].__exit__(None, None, None)
        assert list(root.iterdir()) == []


@pytest.mark.spark
def test_who_died_while_taking_over_is_succeeded_to(files: Files, tmp_path: Path) -> None:
    left_behind(tmp_path / "_lease", owner="first")
    left_behind(tmp_path / "_lease.first", owner="second")
    left_behind(tmp_path / "_lease.second", owner="third")

    with Lease(files, str(tmp_path)):
        assert json.loads((tmp_path / "_lease").read_text())["pid"] == os.getpid()

    assert list(tmp_path.iterdir()) == []


@pytest.mark.spark
def test_while_another_takes_over_nobody_else_does(files: Files, tmp_path: Path) -> None:
    gone = left_behind(tmp_path / "_lease")
    claim = left_behind(tmp_path / "_lease.dead", owner="quicker", machine="there")

    with pytest.raises(TransientError, match=rf"Another run works on .*: process {gone.pid} on "):
        Lease(files, str(tmp_path)).__enter__()

    assert json.loads((tmp_path / "_lease").read_text()) == asdict(gone)
    assert json.loads((tmp_path / "_lease.dead").read_text()) == asdict(claim)


@pytest.mark.spark
def test_a_claim_that_comes_too_late_is_given_up(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease was found to be a dead one's; by the time it is claimed, another is through with that."""
    left_behind(tmp_path / "_lease")
    real, winner = files.create, []

    def late(path: str, content: bytes) -> bool:
        if path.endswith("_lease.dead") and not winner:
            winner.append(left_behind(tmp_path / "_lease", owner="quicker", pid=7, machine="there"))
        return real(path, content)

    monkeypatch.setattr(files, "create", late)
    with pytest.raises(TransientError, match=r"Another run works on .*: process 7 on "):
        Lease(files, str(tmp_path)).__enter__()

    assert json.loads((tmp_path / "_lease").read_text()) == asdict(winner[0])
    assert not (tmp_path / "_lease.dead").exists()


@pytest.mark.spark
def test_an_unreadable_lease_is_waited_for_not_taken(files: Files, tmp_path: Path) -> None:
    (tmp_path / "_lease").write_text("half a li")

    with pytest.raises(TransientError, match=r"works on .*: a process that its lease does not tell"):
        Lease(files, str(tmp_path)).__enter__()

    os.utime(tmp_path / "_lease", (0, 0))
    with Lease(files, str(tmp_path)):
        pass


@pytest.mark.spark
def test_waiting_gets_the_lease_when_the_other_ends(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Lease(files, str(tmp_path))
    first.__enter__()
    monkeypatch.setattr(lease_module.time, "sleep", lambda seconds: first.__exit__(None, None, None))

    told: list[str] = []
    with Lease(files, str(tmp_path), wait=math.inf, tell=told.append):
        assert (tmp_path / "_lease").exists()
    (line,) = told
    assert line.startswith(f"waiting for another run: process {os.getpid()} on ")


@pytest.mark.spark
def test_a_lease_is_renewed_and_a_lost_one_is_noticed(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", 0.01)
    path = tmp_path / "_lease"
    with Lease(files, str(tmp_path)) as lease:
        first = lease_module.Holder(**json.loads(path.read_text()))
        while (lease._holder() or first).expires == first.expires:
            lease.check()
        other = holder(owner="other")
        lease._stop.set()
        lease._thread.join()
        path.write_text(json.dumps(asdict(other)))
        lease._stop.clear()
        lease._renew()

        with pytest.raises(TransientError, match=r"This run lost its lease .*_lease"):
            lease.check()

    assert json.loads(path.read_text())["owner"] == "other"


@pytest.mark.spark
def test_after_a_sleep_a_lost_lease_is_noticed_before_the_next_renewal(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "_lease"
    with Lease(files, str(tmp_path)) as lease:
        path.write_text(json.dumps(asdict(holder(owner="other"))))
        lease.check()  # within its time nobody may have taken it: no file is read
        lease._mine = replace(lease._mine, expires=time.time() - 1)
        with pytest.raises(TransientError, match="This run lost its lease"):
            lease.check()
    assert json.loads(path.read_text())["owner"] == "other"


@pytest.mark.spark
def test_a_file_system_that_is_away_for_a_moment_does_not_end_the_renewing(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "_RENEW_EVERY", 0.01)
    with Lease(files, str(tmp_path)) as lease:
        tried = threading.Event()

        def away() -> bool:
            tried.set()
            raise Py4JError("connection refused")

        monkeypatch.setattr(lease, "_holder_is_me", away)
        assert tried.wait(60)
        monkeypatch.undo()
        before = lease._mine.expires
        while lease._mine.expires == before:
            lease.check()


@pytest.mark.spark
def test_a_root_that_cannot_be_written_is_a_mistake_of_the_configuration(
    files: Files, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("a file, not a folder")

    with pytest.raises(
        ConfigError, match=r"lake\.root: .*notes\.txt/lake cannot be written: .*Give a folder"
    ):
        Lease(files, f"{tmp_path}/notes.txt/lake").__enter__()
