"""What there is to land for one source: which files are new, and how they are cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from py4j.protocol import Py4JError, Py4JJavaError

from pipeline.config.sources import Source
from pipeline.config.spark_types import schema_columns
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Lake, Ledger, Txn, names, reason
from pipeline.lake.hadoop import FileInfo, Files
from pipeline.steps.ingest.dialect import Dialect, dialect_of
from pipeline.steps.ingest.manifest import Entry, Manifest, cut, validate_unchanged
from pipeline.steps.ingest.opening import Opening, csv_opening, json_opening, parquet_opening

STEP = "ingest"
_THREADS = 8


@dataclass(frozen=True)
class Plan:
    """The work for one source. `begun` is a batch that was killed, to be done again as it was frozen."""

    name: str
    source: Source
    dialect: Dialect
    begun: tuple[Entry, ...]
    batches: tuple[tuple[Entry, ...], ...]
    landed_files: int

    @property
    def empty_files(self) -> list[str]:
        """The new files without rows."""
        return [entry.path for batch in self.batches for entry in batch if entry.size == 0]


def bronze_txn(name: str, batch_id: int) -> Txn:
    """The one write of a batch into bronze."""
    return Txn(f"{STEP}/{name}", batch_id)


def plan(lake: Lake, ledger: Ledger, manifest: Manifest, name: str, source: Source, now: datetime) -> Plan:
    """Compare what lies at a source's path with the manifest. Writes nothing.

    Raises:
        ConfigError: the path means no file, and never did; an option that is not honoured.
        DataRefused: a landed file changed, a new one cannot be read, or no file has any rows.
    """
    dialect = dialect_of(name, source)
    last = ledger.last(STEP, name)
    done = 0 if last is None else last.batch_id
    known = manifest.known(name)
    listed = _listed(lake.files, name, source, bool(known))
    landed = [entry for entry in known if entry.batch_id <= done]
    validate_unchanged(name, landed, listed)
    begun = [entry for entry in known if entry.batch_id > done]
    attempt = begun[0].attempt if begun else 0
    if begun and not _is_landed(lake, begun) and not _is_as_frozen(begun, listed):
        begun = []  # its files are not the same any more, and nothing of it was landed
    taken = {entry.path for entry in [*landed, *begun]}
    new = [file for file in listed if file.path not in taken]
    openings = _openings(lake.files, source, dialect, new)
    if last is None and not begun and not any(opening.has_rows for opening in openings.values()):
        raise DataRefused(_no_rows(name, new))
    first = done + 1 + bool(begun)
    batches = [
        tuple(_entry(name, batch_id, attempt + 1, file, openings[file.path], now) for file in files)
        for batch_id, files in enumerate(cut(new, source.batch_size), start=first)
    ]
    frozen = tuple(manifest.files(begun)) if begun else ()
    return Plan(name, source, dialect, frozen, tuple(batches), len(landed))


def _listed(files: Files, name: str, source: Source, has_landed: bool) -> list[FileInfo]:
    where = f"{source.where('path')}: 'sources.{name}.path'"
    try:
        listed = files.find(source.path)
        is_there = bool(listed) or files.exists(source.path)
    except Py4JError as error:
        raise ConfigError(f"{where} cannot be listed: {reason(error)}. Path: {source.path}.") from error
    if not listed and not has_landed:
        what = "is an empty folder" if is_there else "matches no file"
        raise ConfigError(f"{where} {what}: {source.path}. Put files there, or correct the path.")
    return listed


def _is_landed(lake: Lake, begun: Sequence[Entry]) -> bool:
    first = begun[0]
    return lake.find_commit(names.bronze(first.source), bronze_txn(first.source, first.batch_id)) is not None


def _is_as_frozen(begun: Sequence[Entry], listed: Sequence[FileInfo]) -> bool:
    now = {(file.path, file.size, file.modified) for file in listed}
    return all((entry.path, entry.size, entry.modified) in now for entry in begun)


def _openings(files: Files, source: Source, dialect: Dialect, new: Sequence[FileInfo]) -> dict[str, Opening]:
    """The openings of all files, read some at a time: each costs one or two requests to the file system."""
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(partial(_opening, files, source, dialect), new)
        return dict(zip((file.path for file in new), found, strict=True))


def _opening(files: Files, source: Source, dialect: Dialect, file: FileInfo) -> Opening:
    if file.size == 0:
        return Opening(has_rows=False)
    head = partial(files.head, file.path)
    try:
        if source.file_format == "parquet":
            return parquet_opening(file.path, head)
        if source.file_format == "json":
            return json_opening(file.path, head)
        declared = tuple(schema_columns(source.schema_)[0]) if source.schema_ else ()
        return csv_opening(file.path, head, dialect, declared)
    except Py4JJavaError as error:
        raise DataRefused(
            f"{file.path} cannot be read: {reason(error)}. Nothing was landed. "
            "Replace the file or take it away, and run again."
        ) from error


def _entry(name: str, batch_id: int, attempt: int, file: FileInfo, opening: Opening, now: datetime) -> Entry:
    return Entry(
        source=name,
        batch_id=batch_id,
        attempt=attempt,
        path=file.path,
        size=file.size,
        modified=file.modified,
        ingested_at=now,
        header=opening.header,
        columns=opening.columns,
    )


def _no_rows(name: str, new: Sequence[FileInfo]) -> str:
    first = f"{new[0].path} ({new[0].size:,} bytes)"
    more = f" and {len(new) - 1} more" if len(new) > 1 else ""
    what = "holds no row" if new[0].size else "is empty"
    return f"sources.{name} has no rows: {first}{more} {what}. Put a file with rows there."
