from __future__ import annotations

import pytest

from pipeline.config.sources import Source
from pipeline.steps.ingest.formats.avro import Avro, header_of
from pipeline.steps.ingest.opening import UnreadableFile

MAGIC = b"Obj\x01"
# One block of two entries; a number is written twice as large, its sign in the last bit.
PLAIN = b"\x04" + b"\x16avro.schema" + b"\x10\x22string\x22" + b"\x06key" + b"\x02v" + b"\x00"
# The same as a block of -2 entries, whose size in bytes stands behind the count.
SIZED = b"\x03" + b"\x34" + PLAIN[1:]


@pytest.mark.parametrize("header", [PLAIN, SIZED])
def test_the_header_of_a_file(header: bytes) -> None:
    assert header_of(MAGIC + header + b"rows") == {b"avro.schema": b'"string"', b"key": b"v"}


def test_files_of_one_schema_are_told_by_their_header() -> None:
    avro = Avro("houses", Source(path="a.avro"))

    one, same = (
        avro.opening("a", lambda size, c=content: c[:size]) for content in (MAGIC + PLAIN, MAGIC + SIZED)
    )

    assert one == same
    assert len(one.header) == 16


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (MAGIC + PLAIN[:10], "a cannot be read: its header ends early or has no schema"),
        (MAGIC + b"\x00", "a cannot be read: its header ends early or has no schema"),
        (MAGIC + b"\xff" * 20, "a cannot be read: its header ends early or has no schema"),
        (b"id,price", "a cannot be read: it is no avro file, it begins with 'id,p'"),
    ],
)
def test_a_file_that_is_none(content: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableFile, match=sentence):
        Avro("houses", Source(path="a.avro")).opening("a", lambda size: content[:size])
