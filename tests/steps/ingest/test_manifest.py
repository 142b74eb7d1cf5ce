from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from pipeline.errors import DataRefused
from pipeline.lake.hadoop import FileInfo
from pipeline.steps.ingest.manifest import Entry, cut, validate_unchanged

NOON = datetime(2024, 6, 1, 12, tzinfo=timezone.utc)


def file(path: str, size: int, modified: datetime = NOON) -> FileInfo:
    return FileInfo(path, size, modified)


def test_files_are_cut_in_order_by_bytes() -> None:
    a, b, c, d = file("a", 4), file("b", 5), file("c", 30), file("d", 0)

    assert cut([a, b, c, d], 9) == [[a, b], [c], [d]]
    assert cut([a, b, c, d], 8) == [[a], [b], [c], [d]]
    assert cut([a, b, c, d], 100) == [[a, b, c, d]]
    assert cut([], 9) == []


def test_a_landed_file_must_stay_as_it_was() -> None:
    landed = [Entry("houses", 3, 1, "file:/d/a.csv", 1000, NOON, NOON)]

    validate_unchanged("houses", landed, [file("file:/d/a.csv", 1000), file("file:/d/b.csv", 5)])
    validate_unchanged("houses", landed, [])

    sentence = (
        r"ingest refused sources\.houses: file:/d/a\.csv changed after it was landed in batch 3 \(1,000 bytes"
    )
    with pytest.raises(DataRefused, match=sentence):
        validate_unchanged("houses", landed, [file("file:/d/a.csv", 1001)])
    with pytest.raises(
        DataRefused, match=r"now 1,000 bytes of 2024-06-01 12:00:01\)\. Put the landed file back"
    ):
        validate_unchanged("houses", landed, [file("file:/d/a.csv", 1000, NOON + timedelta(seconds=1))])
