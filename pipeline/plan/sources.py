"""How much of each source there is: in the lake, landed and not cleaned yet, and not landed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.config.model import Config
from pipeline.config.sources import Source
from pipeline.lake import Lake, Ledger, names
from pipeline.lake.hadoop import FileInfo, Files
from pipeline.lake.sizes import TableSize, table_size
from pipeline.steps.clean.pending import pending_batches, standing
from pipeline.steps.ingest.formats import format_of
from pipeline.steps.ingest.manifest import Manifest

_HEAD = 64 * 2**10
_COLUMNAR = ("parquet", "orc", "avro", "delta")
# Bytes of bronze for a byte that lands, where nothing of the source has landed: texts are compressed there,
# what is columnar already stays about as large. And of silver for a byte of bronze. Measured on flights.
_LANDED = {True: 1.0, False: 0.18}
_CLEANED = 1.0
_ROW_BYTES = 100
_FILE = 12_000
"""Bytes of a file that are no rows: where columns begin, and what Parquet says of them."""


@dataclass(frozen=True)
class Part:
    """Some of a source: bytes and rows, as they are on record, or a guess."""

    bytes: int = 0
    rows: int = 0
    files: int = 0
    is_guess: bool = False

    @property
    def row_bytes(self) -> float:
        """Of a row, without what a file takes for itself."""
        return max(0, self.bytes - max(1, self.files) * _FILE) / max(1, self.rows)

    def times(self, growth: float) -> Part:
        """So many times the rows, in as many files."""
        fixed = min(self.bytes, self.files * _FILE)
        size = round(fixed + (self.bytes - fixed) * growth)
        return Part(size, round(self.rows * growth), self.files, self.is_guess or growth != 1)

    def __add__(self, other: Part) -> Part:
        return Part(
            self.bytes + other.bytes,
            self.rows + other.rows,
            self.files + other.files,
            self.is_guess or other.is_guess,
        )


@dataclass(frozen=True)
class SourceSize:
    """One source. `new` are the files that have not landed, in their own bytes; the others are table bytes.

    `fresh` is what clean will find: of bronze, landed or about to land, not cleaned yet.
    """

    name: str
    new: Part
    bronze: Part
    fresh: Part
    silver: Part
    has_contract: bool
    is_typed: bool
    """Whether its files tell their types, so that none have to be inferred."""
    key: tuple[str, ...]
    batches: int

    @property
    def silver_after(self) -> Part:
        """Silver once everything is cleaned, if no row replaces another."""
        return self.silver + self.cleaned

    @property
    def cleaned(self) -> Part:
        """What cleaning adds to silver."""
        ratio = self.silver.bytes / self.bronze.bytes if self.silver.bytes and self.bronze.bytes else _CLEANED
        return Part(round(self.fresh.bytes * ratio), self.fresh.rows, 0, self.fresh.bytes > 0)


def source_sizes(lake: Lake, ledger: Ledger, config: Config) -> dict[str, SourceSize]:
    """Every source, by listing its files and asking Delta's logs; of one new file the beginning is read."""
    manifest = Manifest(lake)
    return {
        name: _source_size(lake, ledger, manifest, name, source) for name, source in config.sources.items()
    }


def _source_size(lake: Lake, ledger: Ledger, manifest: Manifest, name: str, source: Source) -> SourceSize:
    landed = ledger.last("ingest", name)
    known = manifest.known(name)
    listed = format_of(name, source).listed(lake.files, known).files
    done = 0 if landed is None else landed.batch_id
    taken = {entry.path for entry in known if entry.batch_id <= done}
    new = [file for file in listed if file.path not in taken]
    bronze = _part(_published(lake, ledger, "ingest", name, names.bronze(name)))
    silver = _part(_published(lake, ledger, "clean", name, names.silver(name)))
    landed_bytes = sum(max(0, entry.size) for entry in known if 0 < entry.batch_id <= done)
    coming = _landing(lake.files, source, new, bronze, landed_bytes)
    waiting = pending_batches(ledger, name, standing(ledger, name).done)
    rows = sum(batch.rows.get("read", 0) for batch in waiting)
    share = rows / bronze.rows if bronze.rows else 0.0
    pending = Part(round(bronze.bytes * share), rows, round(bronze.files * share))
    return SourceSize(
        name,
        new=Part(sum(file.size for file in new), coming.rows, len(new)),
        bronze=bronze,
        fresh=pending + coming,
        silver=silver,
        has_contract=silver.files > 0,
        is_typed=source.file_format in _COLUMNAR or source.schema_ is not None,
        key=tuple(source.key or ()),
        batches=len(waiting) + bool(new),
    )


def _published(lake: Lake, ledger: Ledger, step: str, name: str, table: str) -> TableSize | None:
    version = ledger.published_version(step, name, table)
    return None if version is None else table_size(lake, table, version)


def _part(size: TableSize | None) -> Part:
    return Part() if size is None else Part(size.bytes, size.rows or 0, size.files)


def _landing(files: Files, source: Source, new: Sequence[FileInfo], bronze: Part, landed_bytes: int) -> Part:
    """What new files will be in bronze: as those before them, else a guess."""
    size = sum(file.size for file in new)
    if not size:
        return Part()
    if bronze.rows and landed_bytes:
        share = size / landed_bytes
        return Part(round(bronze.bytes * share), round(bronze.rows * share), len(new), is_guess=True)
    is_columnar = source.file_format in _COLUMNAR
    row = _ROW_BYTES if is_columnar else _row_bytes(files, max(new, key=lambda file: file.size))
    return Part(round(size * _LANDED[is_columnar]), round(size / row), len(new), is_guess=True)


def _row_bytes(files: Files, file: FileInfo) -> float:
    """Bytes of a line on average, by the beginning of one file; compressed ones are taken as they are."""
    head = files.head(file.path, _HEAD)
    return len(head) / max(1, head.count(b"\n"))


def features_before(lake: Lake, ledger: Ledger, config: Config) -> TableSize | None:
    """The features that are published, None before the first."""
    entry = ledger.last("features", config.name)
    table = names.features(config.name)
    return None if entry is None else table_size(lake, table, entry.tables[table])


def total(parts: Mapping[str, Part]) -> Part:
    """All of them together."""
    return sum(parts.values(), Part())
