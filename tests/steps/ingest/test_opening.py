from __future__ import annotations

import pytest

from pipeline.errors import DataRefused
from pipeline.steps.ingest.dialect import Dialect
from pipeline.steps.ingest.opening import Head, Opening, UnreadableFile, csv_opening

PLAIN = Dialect()


def of(content: bytes) -> Head:
    return lambda size: content[:size]


def csv(content: bytes, dialect: Dialect = PLAIN, names: tuple[str, ...] = ()) -> Opening:
    return csv_opening("x.csv", of(content), dialect, names)


def test_the_header_as_it_stands_and_the_columns_it_names() -> None:
    assert csv(b'\xef\xbb\xbfid, "price"\r\n1,2\r\n') == Opening('id, "price"', ("id", '"price"'))
    assert csv(b'id,"the, price"\n1,2\n') == Opening('id,"the, price"', ("id", "the, price"))
    assert csv(b'id,"6"" pipe"\n1,2\n').columns == ("id", '6" pipe')


def test_a_header_behind_comments_and_blank_lines() -> None:
    content = b"# made by hand\n\n   \nid;price\n1;2\n"

    assert csv(content, Dialect(sep=";", comment="#")) == Opening("id;price", ("id", "price"))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"   \n"])
def test_a_file_without_a_line_has_no_columns(content: bytes) -> None:
    assert csv(content) == Opening(has_rows=False)


@pytest.mark.parametrize(
    "content", [b"id,price", b"id,price\n", b"id,price\r\n\r\n", b"id,price\nid,price\n"]
)
def test_a_header_alone_has_no_rows(content: bytes) -> None:
    assert csv(content) == Opening("id,price", ("id", "price"), has_rows=False)


def test_columns_are_counted_or_named_where_there_is_no_header() -> None:
    bare = Dialect(header=False)

    assert csv(b"1,2,3\n", bare) == Opening("", ("_c0", "_c1", "_c2"))
    assert csv(b"1,2,3\n", bare, ("a", "b", "c")) == Opening("", ("a", "b", "c"))


def test_a_header_over_several_lines_is_read_where_fields_may_span_lines() -> None:
    opening = csv(b'id,"the\nprice"\n1,2\n', Dialect(multi_line=True))

    assert opening.columns == ("id", "the\nprice")
    assert opening.has_rows


def test_a_header_longer_than_the_first_look() -> None:
    names = tuple(f"column_number_{index}" for index in range(5000))

    assert csv((",".join(names) + "\n1").encode()).columns == names


def test_a_file_without_line_ends_is_refused() -> None:
    sentence = r"x\.csv cannot be read: the first line is longer than 2,097,152 bytes \(is it a text file"
    with pytest.raises(UnreadableFile, match=sentence):
        csv(b"x" * 3_000_000)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"id,,x\n1,2,3\n", r"x\.csv: column 2 of 3 has no name in the header\. Name it\."),
        (b"id,ID\n1,2\n", r"x\.csv: columns 1 and 2 are both called 'ID'"),
        (
            b"id,_Batch_Id\n1,2\n",
            r"x\.csv: column 2 is called '_Batch_Id', a name the pipeline writes\. Rename it\.",
        ),
        (
            b"id,pri\xe9\n1,2\n",
            r"x\.csv: the name of column 2 cannot be decoded\. Set 'encoding' in the options\.",
        ),
        (
            "id,price\n".encode("utf-16"),
            r"x\.csv cannot be read: it is written in UTF-16 \(convert it to UTF-8\)\. Nothing was landed\.",
        ),
    ],
)
def test_headers_that_cannot_name_columns(content: bytes, sentence: str) -> None:
    with pytest.raises(DataRefused, match=sentence):
        csv(content)


def test_latin_headers_are_decoded() -> None:
    assert csv("id,prié\n1,2\n".encode("latin-1"), Dialect(encoding="ISO-8859-1")).columns == ("id", "prié")
