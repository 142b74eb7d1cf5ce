"""Files on their way into an archive, and the archive: the same bytes for the same files."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_LEVEL = 4  # beyond it, seconds buy little: on 650 MB, 9 s make 204 MB, and 18 s make 197


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name in it, and where its bytes are; `link` makes it a symbolic link."""

    name: str
    source: Path | bytes = b""
    executable: bool = False
    link: str | None = None


def write_archive(entries: Iterable[Entry], file: Path, *, epoch: int) -> None:
    """Write a .tar.gz: sorted by name, every file of one time, of nobody, without the time of packing."""
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for entry in sorted(entries, key=lambda entry: entry.name):
            _add(tar, entry, epoch)


def _add(tar: tarfile.TarFile, entry: Entry, epoch: int) -> None:
    info = tarfile.TarInfo(entry.name)
    info.mtime = epoch
    info.mode = 0o755 if entry.executable else 0o644
    if entry.link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, entry.link
        tar.addfile(info)
    elif isinstance(entry.source, bytes):
        info.size = len(entry.source)
        tar.addfile(info, io.BytesIO(entry.source))
    else:
        info.size = entry.source.stat().st_size
        with entry.source.open("rb") as stream:
            tar.addfile(info, stream)
