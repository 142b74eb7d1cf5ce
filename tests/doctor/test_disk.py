from __future__ import annotations

from dataclasses import replace

from pipeline.doctor.disk import check_disk
from pipeline.doctor.finding import fine
from tests.doctor.made import GIGABYTE, TWO, WELL, with_second


def test_room_everywhere_is_fine() -> None:
    assert check_disk(WELL) == fine("disk", "100.0 GB free or more, in 3 folders")


def test_a_disk_that_is_nearly_full_is_a_warning() -> None:
    found = check_disk(with_second(disks=(("/scratch", 2 * GIGABYTE),)))
    assert (found.state, found.said) == ("warning", f"Only 2.0 GB free in /scratch of {TWO}.")


def test_a_full_disk_is_a_fault() -> None:
    found = check_disk(with_second(disks=(("/scratch", GIGABYTE // 2),)))
    assert (found.state, found.said) == ("fault", f"Less than 1.0 GB free: 512 MB in /scratch of {TWO}.")
    assert found.advice.startswith("free some space there, or point spark.local.dir")


def test_the_bound_can_be_told() -> None:
    found = check_disk(replace(WELL, least_disk=200 * GIGABYTE))
    assert found.state == "fault"
    assert found.said.startswith("Less than 200.0 GB free: 100.0 GB in /local of executor 1 on a, 100.0 GB")
    small = replace(with_second(disks=(("/scratch", 2 * GIGABYTE),)), least_disk=GIGABYTE)
    assert check_disk(small).state == "fine"


def test_nothing_told_is_no_fault() -> None:
    blind = replace(with_second(disks=()), executors=(), driver=replace(WELL.driver, disks=()))
    assert check_disk(blind).state == "warning"
