"""What the beginning of a file tells: its columns, and whether it has rows. Pure: bytes in, facts out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import DataRefused
from pipeline.steps.ingest.dialect import Dialect

RESERVED = ("_source_file", "_batch_id", "_ingested_at", "_corrupt_record", "_key", "_errors")
_SIZES = (8 * 2**10, 128 * 2**10, 2 * 2**20)

Head = Callable[[int], bytes]


@dataclass(frozen=True)
class Opening:
    """The facts of one file.

    `header` is the header line as it stands in the file, empty without one; `columns` is empty in a file
    without a first line, and in formats that carry their own names.
    """

    header: str = ""
    columns: tuple[str, ...] = ()
    has_rows: bool = True


def csv_opening(path: str, head: Head, dialect: Dialect, names: tuple[str, ...] = ()) -> Opening:
    """The opening of a csv file. `names` are the columns of a file without a header; default `_c0`, `_c1`, ….

    Raises:
        DataRefused: the header cannot name columns.
    """
    for size in _SIZES:
        content = head(size)
        lines = _records(_text(path, content, dialect), dialect)
        # Where a second line begins, the first is complete; whether the second is cut makes no difference.
        if len(lines) > 1 or len(content) < size:
            return _opening(path, lines, dialect, names)
    raise DataRefused(
        f"{path}: the first line is longer than {_SIZES[-1]:,} bytes. Is it a text file, and "
        f"'{dialect.sep}' its separator?"
    )


def json_opening(path: str, head: Head) -> Opening:
    """The opening of a file with one JSON object a line.

    Raises:
        DataRefused: the file is one JSON array.
    """
    for size in _SIZES:
        content = head(size).removeprefix(b"\xef\xbb\xbf")
        start = content.lstrip()[:1]
        if start == b"[":
            raise DataRefused(
                f"{path} is one JSON array. Write one object a line, without brackets around them."
            )
        if start or len(content) < size - 3:
            return Opening(has_rows=bool(start))
    return Opening()


def parquet_opening(path: str, head: Head) -> Opening:
    """The opening of a parquet file.

    Raises:
        DataRefused: it is something else.
    """
    content = head(4)
    if content not in (b"", b"PAR1"):
        raise DataRefused(
            f"{path} is not a parquet file: it begins with '{content.decode('utf-8', 'replace')}'. "
            "Take it away, or set the source's format."
        )
    return Opening(has_rows=bool(content))


def validate_names(path: str, columns: tuple[str, ...]) -> None:
    """Raise DataRefused unless every column has a name of its own that is not one of ours."""
    seen: dict[str, int] = {}
    for position, column in enumerate(columns, start=1):
        if not column:
            raise DataRefused(
                f"{path}: column {position} of {len(columns)} has no name in the header. Name it."
            )
        if "\ufffd" in column or "\x00" in column:
            raise DataRefused(
                f"{path}: the name of column {position} cannot be decoded. Set 'encoding' in the options."
            )
        if column.lower() in seen:
            raise DataRefused(
                f"{path}: columns {seen[column.lower()]} and {position} are both called '{column}' (to Spark "
                f"upper and lower case are the same). Rename one."
            )
        if column.lower() in RESERVED:
            raise DataRefused(
                f"{path}: column {position} is called '{column}', a name the pipeline writes. Rename it."
            )
        seen[column.lower()] = position


def _opening(path: str, lines: list[str], dialect: Dialect, names: tuple[str, ...]) -> Opening:
    if not lines:
        return Opening(has_rows=False)
    values = _values(path, lines[0], dialect)
    if dialect.header:
        columns = tuple(value.strip() for value in values)
        validate_names(path, columns)
        rows = [line for line in lines[1:] if line != lines[0]]
        return Opening(lines[0], columns, has_rows=bool(rows))
    return Opening(columns=names or tuple(f"_c{index}" for index in range(len(values))))


def _text(path: str, content: bytes, dialect: Dialect) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataRefused(f"{path} is written in UTF-16. Convert it to UTF-8.")
    # The last character may be cut in two.
    return content.decode(dialect.encoding, errors="replace").removeprefix("\ufeff")


def _records(text: str, dialect: Dialect) -> list[str]:
    """The lines that say something, cut where Spark cuts them: in quotes too, except with multi_line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if dialect.multi_line:
        lines = _joined(lines, dialect.quote)
    comment = dialect.comment
    return [line for line in lines if line.strip(" ") and not (comment and line.startswith(comment))]


def _joined(lines: list[str], quote: str) -> list[str]:
    """Lines put together again where a quote is still open."""
    records: list[str] = []
    is_open = False
    for line in lines:
        records = [*records[:-1], f"{records[-1]}\n{line}"] if is_open else [*records, line]
        is_open ^= line.count(quote) % 2 == 1
    return records


def _values(path: str, line: str, dialect: Dialect) -> list[str]:
    doubled = dialect.escape == dialect.quote
    try:
        reader = csv.reader(
            io.StringIO(line, newline=""),
            delimiter=dialect.sep,
            quotechar=dialect.quote,
            doublequote=doubled,
            escapechar=None if doubled else dialect.escape,
        )
        return next(reader)
    except (csv.Error, StopIteration) as error:
        raise DataRefused(f"{path}: the first line cannot be read as csv: {error}.") from error
