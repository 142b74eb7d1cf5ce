"""Whole JSON documents cut into records: each element of an array, or each document, as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa

SCHEMA = "value STRING, _source_file STRING, _corrupt_record STRING"
_COLUMNS = ("value", "_source_file", "_corrupt_record")
_ROWS = 1000
_NOT_DECODED = re.compile("[\udc80-\udcff]")
_BLANKS = re.compile(r"[ \t\n\r]*")
_decode = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode


def records(text: str) -> Iterator[tuple[str, bool]]:
    """The records of a text, and whether each is a whole JSON object.

    What stands behind a mistake cannot be told apart: it is one record, not whole.

    >>> list(records('[{"id": 1}, {"id": 2}, {"id"'))
    [('{"id": 1}', True), ('{"id": 2}', True), ('{"id"', False)]
    """
    position = _after_blanks(text, 0)
    in_array = text[position : position + 1] == "["
    position = _after_blanks(text, position + 1) if in_array else position
    if in_array and text[position : position + 1] == "]":
        in_array, position = False, _after_blanks(text, position + 1)
    while position < len(text):
        try:
            value, end = _decode(text, position)
        except (ValueError, RecursionError):
            yield text[position:], False
            return
        yield text[position:end], isinstance(value, dict) and not _NOT_DECODED.search(text, position, end)
        position = _after_blanks(text, end)
        if not in_array:
            continue
        mark = text[position : position + 1]
        following = _after_blanks(text, position + 1)
        if mark == "," and text[following : following + 1] not in ("", "]"):
            position = following
        elif mark == "]":
            in_array, position = False, following
        else:
            yield text[position:] or "[", False
            return
    if in_array:
        yield "[", False


def split(batches: Iterable[pa.RecordBatch], encoding: str) -> Iterator[pa.RecordBatch]:
    """Batches of (value as bytes, _source_file) as batches of records, some at a time."""
    for batch in batches:
        for content, path in zip(batch.column(0), batch.column(1), strict=True):
            text = content.as_py().decode(encoding, "surrogateescape").removeprefix("\ufeff")
            rows: list[tuple[str, str, str | None]] = []
            for value, is_whole in records(text):
                shown = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
                rows.append((shown, path.as_py(), None if is_whole else shown))
                if len(rows) == _ROWS:
                    yield _batch(rows)
                    rows = []
            yield _batch(rows)


def splitter(encoding: str) -> partial[Iterator[pa.RecordBatch]]:
    """`split` as Spark's mapInArrow takes it."""
    return partial(split, encoding=encoding)


def _batch(rows: list[tuple[str, str, str | None]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], names=_COLUMNS)


def _after_blanks(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position
