"""What there is to land for one source: which files are new, and how they are cut into batches."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from py4j.protocol import Py4JError, Py4JJavaError

from pipeline.config.sources import Source
from pipeline.errors import ConfigError, DataRefused
from pipeline.lake import Lake, Ledger, Txn, names, reason
from pipeline.lake.hadoop import FileInfo, Files
from pipeline.steps.ingest.formats import format_of
from pipeline.steps.ingest.formats.base import FileFormat, Listing
from pipeline.steps.ingest.manifest import IGNORED, Entry, Manifest, changed_files, cut, refuse_changed
from pipeline.steps.ingest.opening import REPLACE_IT, Opening, UnreadableFile
from pipeline.steps.ingest.partitions import base_of, partition_names, validate_apart
from pipeline.steps.ingest.unreadable import is_out_of_reach

STEP = "ingest"
_THREADS = 8


@dataclass(frozen=True)
class Plan:
    """The work for one source. `begun` is a batch that was killed, to be done again as it was frozen.

    `ignored` are files to remember without landing them, `told` is what to say of the source.
    """

    name: str
    source: Source
    format: FileFormat
    begun: tuple[Entry, ...]
    batches: tuple[tuple[Entry, ...], ...]
    ignored: tuple[Entry, ...]
    told: tuple[str, ...]


def bronze_txn(name: str, batch_id: int) -> Txn:
    """The one write of a batch into bronze."""
    return Txn(f"{STEP}/{name}", batch_id)


def plan(lake: Lake, ledger: Ledger, manifest: Manifest, name: str, source: Source, now: datetime) -> Plan:
    """Compare what lies at a source's path with the manifest. Writes nothing.

    Raises:
        ConfigError: the path means no file, and never did; an option that is not honoured.
        DataRefused: a landed file changed, a new one cannot land, or no file has any rows.
    """
    read = format_of(name, source)
    last = ledger.last(STEP, name)
    done = 0 if last is None else last.batch_id
    known = manifest.known(name)
    begun = [entry for entry in known if entry.batch_id > done]
    is_open = bool(begun) and not _is_landed(lake, begun)
    landed = [entry for entry in known if not is_open or entry.batch_id <= done]
    listing = _listed(lake.files, read, landed)
    if is_open and not _is_as_frozen(begun, listing.files):
        begun = []  # its files are not the same any more, and nothing of it was landed
    taken = [*landed, *begun] if is_open else landed
    reloaded, ignored, told = _changed(name, source, taken, listing.files)
    new = _new(taken, reloaded, listing.files)
    openings = _openings(lake.files, read, new)
    new = [file for file in new if file.path in openings]
    if last is None and not begun:
        _validate_rows(name, new, openings)
    entries = partial(_entries, lake.files, source, openings)
    numbered = partial(_numbered, manifest, name, now)
    batches = enumerate(cut(new, source.batch_size, read.most_files), start=done + 1 + bool(begun))
    return Plan(
        name,
        source,
        read,
        begun=tuple(manifest.files(begun)) if begun else (),
        batches=tuple(entries(numbered(batch_id), files) for batch_id, files in batches),
        ignored=entries(numbered(IGNORED), [*listing.ignored, *ignored]),
        told=(*listing.told, *told, *_told(new)),
    )


def _new(taken: Sequence[Entry], reloaded: Sequence[FileInfo], listed: Sequence[FileInfo]) -> list[FileInfo]:
    left = {entry.path for entry in taken} - {file.path for file in reloaded}
    return [file for file in listed if file.path not in left]


def _numbered(manifest: Manifest, name: str, now: datetime, batch_id: int) -> Entry:
    """What the files of a new attempt at a batch have in common."""
    attempt = manifest.next_attempt(name, batch_id)
    return Entry(name, batch_id, attempt, path="", size=0, modified=now, ingested_at=now)


def _listed(files: Files, read: FileFormat, landed: Sequence[Entry]) -> Listing:
    name, source = read.source_name, read.source
    where = f"{source.where('path')}: 'sources.{name}.path'"
    try:
        listing = read.listed(files, landed)
        is_there = bool(listing.files) or bool(landed) or files.exists(source.path)
    except Py4JError as error:
        raise ConfigError(f"{where} cannot be listed: {reason(error)}. Path: {source.path}.") from error
    if not listing.files and not landed:
        what = "is an empty folder" if is_there else "matches no file"
        raise ConfigError(f"{where} {what}: {source.path}. Put files there, or correct the path.")
    return listing


def _is_landed(lake: Lake, begun: Sequence[Entry]) -> bool:
    first = begun[0]
    return lake.find_commit(names.bronze(first.source), bronze_txn(first.source, first.batch_id)) is not None


def _is_as_frozen(begun: Sequence[Entry], listed: Sequence[FileInfo]) -> bool:
    """Whether files to read are still there, and those that could not be read were not mended since."""
    now = {file.path: (file.path, file.size, file.modified) for file in listed}
    return all(
        now.get(entry.path, entry.facts if entry.unreadable else None) == entry.facts for entry in begun
    )


def _changed(
    name: str, source: Source, known: Sequence[Entry], listed: Sequence[FileInfo]
) -> tuple[list[FileInfo], list[FileInfo], list[str]]:
    """Changed files that land again, those to leave out, and what to say. A mended file always lands."""
    reloaded, ignored, told = [], [], []
    for entry, file in changed_files(known, listed):
        if entry.unreadable:
            reloaded.append(file)
            told.append(f"ingest: {file.path} could not be read in batch {entry.batch_id}, and lands now")
        elif source.on_changed_file == "reload":
            reloaded.append(file)
            told.append(f"ingest: {file.path} changed after batch {entry.batch_id}, and lands again")
        elif source.on_changed_file == "ignore":
            ignored.append(file)
            told.append(
                f"ingest: {file.path} changed after it was landed in batch {entry.batch_id}; it is left out"
            )
        else:
            refuse_changed(name, entry, file)
    return reloaded, ignored, told


def _openings(files: Files, read: FileFormat, new: Sequence[FileInfo]) -> dict[str, Opening]:
    """The openings of all files, read some at a time: each costs one or two requests to the file system.

    A file that went away since it was listed has none.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        found = pool.map(partial(_opening, files, read), new)
        return {file.path: opening for file, opening in zip(new, found, strict=True) if opening}


def _opening(files: Files, read: FileFormat, file: FileInfo) -> Opening | None:
    if file.size == 0:
        return Opening(has_rows=False)
    try:
        return read.opening(file.path, partial(files.head, file.path))
    except UnreadableFile as error:
        return Opening(has_rows=False, unreadable=error.reason)
    except Py4JJavaError as error:
        if is_out_of_reach(error):
            raise DataRefused(
                f"{file.path} cannot be read: {reason(error)}. Nothing was landed. {REPLACE_IT}"
            ) from error
        return Opening(has_rows=False, unreadable=reason(error)) if files.exists(file.path) else None


def _validate_rows(name: str, new: Sequence[FileInfo], openings: dict[str, Opening]) -> None:
    """Raise DataRefused unless the first files of a source have any row."""
    if any(opening.has_rows for opening in openings.values()):
        return
    for file in new:
        if openings[file.path].unreadable:
            raise UnreadableFile(file.path, openings[file.path].unreadable)
    raise DataRefused(_no_rows(name, new))


def _entries(
    files: Files, source: Source, openings: dict[str, Opening], blank: Entry, infos: Sequence[FileInfo]
) -> tuple[Entry, ...]:
    """The entries of one batch's files; `blank` says which batch."""
    base = files.whole(base_of(source.path)) if infos else ""
    found = []
    for file in infos:
        opening = openings.get(file.path, Opening())
        partitions = partition_names(file.path, base)
        validate_apart(file.path, partitions, opening.columns)
        entry = replace(blank, path=file.path, size=file.size, modified=file.modified, partitions=partitions)
        found.append(
            replace(entry, header=opening.header, columns=opening.columns, unreadable=opening.unreadable)
        )
    return tuple(found)


def _told(new: Sequence[FileInfo]) -> list[str]:
    return [
        f"ingest: {file.path} is empty; it is in the manifest and lands no rows"
        for file in new
        if file.size == 0
    ]


def _no_rows(name: str, new: Sequence[FileInfo]) -> str:
    if not new:
        return f"sources.{name} has no rows: its files went away while they were looked at. Put them back."
    first = f"{new[0].path} ({new[0].size:,} bytes)"
    more = f" and {len(new) - 1} more" if len(new) > 1 else ""
    what = "holds no row" if new[0].size else "is empty"
    return f"sources.{name} has no rows: {first}{more} {what}. Put a file with rows there."
