from __future__ import annotations

import pytest

from pipeline.init.csv_look import dialect_of_bytes, options_of, records


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("a,b\n1,2\n3,4\n", {}),
        ("a;b\n1,5;2\n3,5;4\n", {"delimiter": ";"}),
        ("a\tb\n1\t2\n3\t4\n", {"delimiter": "\\t"}),
        ("a|b\n1|2\n3|4\n", {"delimiter": "|"}),
        ("only\n1\n2\n", {}),
        ('a,b\n"1, one",2\n"3, three",4\n', {}),
        ('a,b\n"two\nlines",2\n"3",4\n', {"multiLine": "true"}),
        ('a,b\n"say ""hi""",2\n3,4\n', {}),
        ('a,b\n"say \\"hi\\", you",2\n3,4\n', {"escape": "\\"}),
        # A quote that never closes is a mistake in the data, not a field of many lines.
        ('a,b\n1,"open\n3,4\n5,6\n', {}),
        ('a,b\n5" pipe,2\n6" pipe,4\n', {}),
    ],
)
def test_how_a_file_is_written(text: str, options: dict[str, str]) -> None:
    assert options_of(dialect_of_bytes(text.encode())) == options


def test_other_bytes_than_utf_8_are_read_as_latin_1() -> None:
    dialect = dialect_of_bytes("größe,b\n1,2\n".encode("latin-1"))
    assert options_of(dialect) == {"encoding": "ISO-8859-1"}


def test_a_sample_may_end_inside_of_a_character() -> None:
    assert options_of(dialect_of_bytes("a,b\n1,é".encode()[:-1])) == {}


def test_records_are_read_with_their_quotes_and_breaks() -> None:
    text = 'a,b\n\n"x ""y"", z","1\n2"\n'
    assert records(text, dialect_of_bytes(text.encode())) == [["a", "b"], ['x "y", z', "1\n2"]]
