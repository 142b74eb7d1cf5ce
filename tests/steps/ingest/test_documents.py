from __future__ import annotations

import pyarrow as pa
import pytest

from pipeline.steps.ingest.documents import records, split


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" [ ] ", []),
        ('[{"a": 1.50}, {"a": {"b": []}}]\n', ['{"a": 1.50}', '{"a": {"b": []}}']),
        ('{"a":\n 1}', ['{"a":\n 1}']),
        ('{"a": 1}\n{"a": 2}[', ['{"a": 1}', '{"a": 2}', "!["]),
        ('[{"a": 1}, 2, "x"]', ['{"a": 1}', "!2", '!"x"']),
        ('[{"a": 1}, {"a"', ['{"a": 1}', '!{"a"']),
        ('[{"a": 1}', ['{"a": 1}', "!["]),
        ('[{"a": 1},]', ['{"a": 1}', "!,]"]),
        ('[{"a": 1}] tail', ['{"a": 1}', "!tail"]),
        ("[", ["!["]),
        ("[" * 100_000, ["!" + "[" * 99_999]),
        ('[{"a": ' + "9" * 5000 + "}]", ['{"a": ' + "9" * 5000 + "}"]),
    ],
)
def test_a_text_is_cut_into_records_as_they_were_written(text: str, found: list[str]) -> None:
    assert [("" if is_whole else "!") + value for value, is_whole in records(text)] == found


def test_bytes_that_are_no_text_spoil_their_record_only() -> None:
    content = b'\xef\xbb\xbf[{"a": "\xe9"}, {"a": "\xc3\xa9"}]'
    batch = pa.record_batch([pa.array([content]), pa.array(["f"])], names=["value", "_source_file"])

    (found,) = split([batch], "UTF-8")

    assert found.to_pylist() == [
        {"value": '{"a": "\ufffd"}', "_source_file": "f", "_corrupt_record": '{"a": "\ufffd"}'},
        {"value": '{"a": "é"}', "_source_file": "f", "_corrupt_record": None},
    ]
