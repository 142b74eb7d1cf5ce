"""Who gets the lease of a holder who is gone, or is about to give it back."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import TransientError
from pipeline.lake.hadoop import Files
from pipeline.lake.lease import Lease
from tests.lake.holders import dead_process, holder, left_behind


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
        assert [path.name for path in root.iterdir()] == ["_lease"]
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
