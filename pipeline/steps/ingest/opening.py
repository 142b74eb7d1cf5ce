"""What the beginning of a file tells: its columns, and whether it has rows. Pure: bytes in, facts out."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import DataRefused
from pipeline.steps.ingest.dialect import Dialect

RESERVED = ("_source_file", "_batch_id", "_ingested_at", "_corrupt_record", "_key", "_errors")
SIZES = (8 * 2**10, 128 * 2**10, 2 * 2**20)
REPLACE_IT = "Replace the file or take it away, and run again."

Head = Callable[[int], bytes]


class UnreadableFile(DataRefused):
    """A file whose bytes are no file of its format: it lands as one malformed row, and others beside it."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}. Nothing was landed. {REPLACE_IT}")
        self.reason = reason


@dataclass(frozen=True)
class Opening:
    """The facts of one file.

    `header` is the header line as it stands in the file, or what else tells files of one schema from those
    of another; empty without one. `columns` is empty in a file without a first line, and in formats that
    carry their own names. `unreadable` is why the file cannot be read, where that shows already.
    """

    header: str = ""
    columns: tuple[str, ...] = ()
    has_rows: bool = True
    unreadable: str = ""


def csv_opening(path: str, head: Head, dialect: Dialect, names: tuple[str, ...] = ()) -> Opening:
    """The opening of a csv file. `names` are the columns of a file without a header; default `_c0`, `_c1`, ….

    Raises:
        UnreadableFile: the file is no text in the declared encoding, or has no first line.
        DataRefused: the header cannot name columns.
    """
    for size in SIZES:
        content = head(size)
        lines = _records(decoded(path, content, dialect.encoding), dialect)
        # Where a second line begins, the first is complete; whether the second is cut makes no difference.
        if len(lines) > 1 or len(content) < size:
            return _opening(path, lines, dialect, names)
    raise UnreadableFile(
        path,
        f"the first line is longer than {SIZES[-1]:,} bytes (is it a text file, and '{dialect.sep}' its "
        f"separator?)",
    )


def decoded(path: str, content: bytes, encoding: str) -> str:
    """The beginning of a text file as text; its last character may be cut in two.

    Raises:
        UnreadableFile: it is written in UTF-16 or UTF-32.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile(path, "it is written in UTF-16 (convert it to UTF-8)")
    return content.decode(encoding, errors="replace").removeprefix("\ufeff")


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
        raise UnreadableFile(path, f"its first line is no csv: {error}") from error
