from __future__ import annotations

import json
import math
import os
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from py4j.protocol import Py4JError

from pipeline.errors import ConfigError, TransientError
from pipeline.lake import lease as lease_module
from pipeline.lake.hadoop import Files
from pipeline.lake.lease import Lease
from tests.lake.holders import dead_process, holder


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
