from __future__ import annotations

import pytest

from pipeline.config.sources import Source
from pipeline.errors import DataRefused
from pipeline.steps.ingest.formats.json import Json
from pipeline.steps.ingest.opening import Opening

ARRAY = b'\xef\xbb\xbf\n [{"id": 1}]'


def opening(content: bytes, **options: str) -> Opening:
    return Json("houses", Source(path="a.json", options=options)).opening("a", lambda size: content[:size])


def test_a_file_with_and_without_records() -> None:
    assert opening(b'{"id": 1}\n') == Opening()
    assert opening(b" \n\n") == Opening(has_rows=False)
    assert opening(b" " * 10_000 + b"{}") == Opening()


def test_an_array_is_for_multi_line() -> None:
    assert opening(ARRAY, multiLine="true") == Opening()
    with pytest.raises(DataRefused, match=r"a is one JSON array\. Set 'multiLine: true' in the source's opt"):
        opening(ARRAY)
