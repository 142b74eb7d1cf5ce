from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipeline.errors import DataRefused
from pipeline.lake.hadoop import FileInfo
from pipeline.steps.ingest.manifest import Entry, changed_files, cut, refuse_changed
from tests.small_project import NOON


def file(path: str, size: int, modified: datetime = NOON) -> FileInfo:
    return FileInfo(path, size, modified)


def test_files_are_cut_in_order_by_bytes() -> None:
    a, b, c, d = file("a", 4), file("b", 5), file("c", 30), file("d", 0)

    assert cut([a, b, c, d], 9) == [[a, b], [c], [d]]
    assert cut([a, b, c, d], 8) == [[a], [b], [c], [d]]
    assert cut([a, b, c, d], 100) == [[a, b, c, d]]
    assert cut([], 9) == []


def test_files_are_cut_by_their_number_where_that_counts() -> None:
    a, b, c = file("a", 1), file("b", 1), file("c", 1)

    assert cut([a, b, c], 100, most=2) == [[a, b], [c]]


def test_a_file_changed_when_it_is_not_as_it_was_taken_up_last() -> None:
    first = Entry("houses", 3, 1, "file:/d/a.csv", 1000, NOON, NOON)
    later = Entry("houses", 4, 1, "file:/d/a.csv", 1001, NOON, NOON)
    ignored = Entry("houses", 0, 1, "file:/d/a.csv", 1002, NOON, NOON)

    assert changed_files([first], [file("file:/d/a.csv", 1000), file("file:/d/b.csv", 5)]) == []
    assert changed_files([first], []) == []
    changed = file("file:/d/a.csv", 1002)
    assert changed_files([later, first], [changed]) == [(later, changed)]
    assert changed_files([ignored, later, first], [changed]) == []


def test_a_landed_file_must_stay_as_it_was() -> None:
    landed = Entry("houses", 3, 1, "file:/d/a.csv", 1000, NOON, NOON)

    sentence = (
        r"ingest refused sources\.houses: file:/d/a\.csv changed after it was landed in batch 3 \(1,000 bytes"
        r".*; now 1,000 bytes of 2024-06-01 12:00:01\)\. Put the landed file back, .* or set "
        r"sources\.houses\.on_changed_file to reload or ignore\."
    )
    with pytest.raises(DataRefused, match=sentence):
        refuse_changed("houses", landed, file("file:/d/a.csv", 1000, NOON + timedelta(seconds=1)))
